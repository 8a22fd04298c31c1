"""A standard-cell library as synthesis needs it: areas, functions, timing tables, adder cells.

Cells are known by what they compute (truth tables of their pin functions), never by their names.
"""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth import cell_function
from synth.errors import LibertyError

_READ_TIMEOUT_S = 120
_MAX_RECOGNISED_INPUTS = 4


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. area: um2, None where the library omits it. inputs, outputs: pins in order.

    functions: liberty expression by output pin, combinational outputs only.
    capacitance: fF by input pin. max_capacitance: fF by output pin, where given.
    arcs, energies: tables of timing and of internal energy by pin, as `synth.liberty_reader` gives
    them. leakage_nw: whatever the state, None where the library omits it; leakages: (condition,
    nW) where it depends on the state.
    """

    name: str
    area: float | None
    usable: bool
    sequential: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    functions: dict[str, str]
    capacitance: dict[str, float]
    max_capacitance: dict[str, float]
    arcs: dict[str, list[dict[str, Any]]]
    energies: dict[str, list[dict[str, Any]]]
    leakage_nw: float | None
    leakages: tuple[tuple[str, float], ...]
    next_state: str | None
    clocked_on: str | None
    state: tuple[str, ...]

    def truth_table(self, output: str) -> int | None:
        """Truth table of an output over `inputs`; None for state, tri-state and wide cells."""
        if output not in self.functions or len(self.inputs) > _MAX_RECOGNISED_INPUTS:
            return None
        return cell_function.truth_table(self.functions[output], self.inputs)


@dataclass(frozen=True, kw_only=True)
class Adder:
    """A full (3 inputs) or half (2 inputs) adder cell and the pins of its two outputs."""

    cell: Cell
    sum_pin: str
    carry_pin: str


@dataclass(frozen=True, kw_only=True)
class Liberty:
    """A library file and what was recognised in it: the smallest usable cell of each kind.

    path: the plain text file, for tools that read it themselves. sha256: of that text.
    full_adder, half_adder: None where the library has no such cell. voltage: V, nominal, None where
    the library omits it.
    """

    name: str
    path: Path
    sha256: str
    cells: dict[str, Cell]
    nand2: Cell
    inverter: Cell
    buffers: tuple[Cell, ...]
    full_adder: Adder | None
    half_adder: Adder | None
    flip_flops: tuple[Cell, ...]
    voltage: float | None

    def __contains__(self, cell: str) -> bool:
        return cell in self.cells

    @property
    def nand2_area_um2(self) -> float:
        """Area of the smallest two-input NAND, the unit of NAND2 equivalents."""
        return _area(self.nand2)

    @property
    def reserved(self) -> list[str]:
        """Names of the cells that synthesis must not use (dont_use and power-management cells)."""
        return [cell.name for cell in self.cells.values() if not cell.usable]

    def area_um2(self, cell: str) -> float:
        """Area of a cell by name; raises LibertyError when the library does not give one."""
        if cell not in self.cells:
            raise LibertyError(f"library {self.name} has no cell {cell}")
        return _area(self.cells[cell])

    def to_record(self) -> dict[str, str | float]:
        """Name, checksum and NAND2 area, for records."""
        return {"name": self.name, "sha256": self.sha256, "nand2_area_um2": self.nand2_area_um2}


def load(path: Path) -> Liberty:
    """Read and classify the liberty file at `path` (plain text).

    Raises LibertyError naming the file when it is missing, damaged, or lacks an inverter, a
    two-input NAND or a flip-flop.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibertyError(f"cannot read the liberty file {path}: {error.strerror}") from error
    _check_complete(path, content)
    data = _parse(path)
    cells = {name: _cell(name, fields) for name, fields in data["cells"].items()}
    usable = sorted(
        (cell for cell in cells.values() if cell.usable and cell.area), key=lambda c: _area(c)
    )
    flip_flops = tuple(cell for cell in usable if cell.next_state and cell.clocked_on)
    if not flip_flops:
        raise LibertyError(f"the liberty file {path} has no usable flip-flop")
    return Liberty(
        name=data["name"],
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        cells=cells,
        nand2=_smallest(usable, 2, cell_function.NAND2, f"two-input NAND in {path}"),
        inverter=_smallest(usable, 1, cell_function.NOT, f"inverter in {path}"),
        buffers=tuple(_with_function(usable, 1, cell_function.IDENTITY)),
        full_adder=_adder(usable, 3, cell_function.XOR3, cell_function.MAJORITY3),
        half_adder=_adder(usable, 2, cell_function.XOR2, cell_function.AND2),
        flip_flops=flip_flops,
        voltage=data["voltage"],
    )


def _check_complete(path: Path, content: bytes) -> None:
    """Refuse a cut-off file: the parser would not end on it."""
    text = re.sub(rb'/\*.*?\*/|"[^"]*"', b"", content, flags=re.DOTALL)
    opened, closed = text.count(b"{"), text.count(b"}")
    if not opened or opened != closed or not text.lstrip().startswith(b"library"):
        raise LibertyError(
            f"the liberty file {path} is damaged: "
            f"{opened} groups are opened and {closed} closed; get a complete copy"
        )


def _parse(path: Path) -> dict[str, Any]:
    """Run the reader in a process of its own: a syntax error ends the process it happens in."""
    command = [sys.executable, "-m", "synth.liberty_reader", str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_READ_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LibertyError(f"the liberty file {path} is damaged: its parser hangs") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"the parser ended with {done.returncode}"])[
            -1
        ]
        raise LibertyError(f"the liberty file {path} is damaged: {reason}")
    return json.loads(done.stdout)


def _cell(name: str, fields: dict[str, Any]) -> Cell:
    pins: dict[str, dict[str, Any]] = fields["pins"]
    outputs = tuple(pin for pin, of in pins.items() if of["direction"] == "output")
    state = tuple(fields["state"])
    return Cell(
        name=name,
        area=fields["area"],
        usable=not fields["reserved"],
        sequential=fields["sequential"],
        inputs=tuple(pin for pin, of in pins.items() if of["direction"] == "input"),
        outputs=outputs,
        functions={p: pins[p]["function"] for p in outputs if pins[p]["function"]},
        capacitance={p: of["capacitance"] for p, of in pins.items() if of["direction"] == "input"},
        max_capacitance={
            p: pins[p]["max_capacitance"] for p in outputs if pins[p]["max_capacitance"]
        },
        arcs={pin: of["arcs"] for pin, of in pins.items() if of["arcs"]},
        energies={pin: of["energies"] for pin, of in pins.items() if of["energies"]},
        leakage_nw=fields["leakage"]["average"],
        leakages=tuple((when, value) for when, value in fields["leakage"]["states"]),
        next_state=fields["next_state"],
        clocked_on=fields["clocked_on"],
        state=state,
    )


def _area(cell: Cell) -> float:
    if cell.area is None:
        raise LibertyError(f"the library gives no area for cell {cell.name}")
    return cell.area


def _with_function(cells: list[Cell], inputs: int, table: int) -> list[Cell]:
    """Combinational cells with one output that computes `table`, smallest first."""
    return [
        cell
        for cell in cells
        if not cell.sequential
        and len(cell.inputs) == inputs
        and len(cell.outputs) == 1
        and cell.truth_table(cell.outputs[0]) == table
    ]


def _smallest(cells: list[Cell], inputs: int, table: int, what: str) -> Cell:
    found = _with_function(cells, inputs, table)
    if not found:
        raise LibertyError(f"there is no usable {what}")
    return found[0]


def _adder(cells: list[Cell], inputs: int, total: int, carry: int) -> Adder | None:
    """Smallest cell with outputs `total` and `carry`, both symmetric in their inputs."""
    for cell in cells:
        if cell.sequential or len(cell.inputs) != inputs or len(cell.outputs) != 2:
            continue
        tables = {cell.truth_table(pin): pin for pin in cell.outputs}
        if total in tables and carry in tables:
            return Adder(cell=cell, sum_pin=tables[total], carry_pin=tables[carry])
    return None
