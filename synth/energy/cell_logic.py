"""What a library cell does, as tables over its state: outputs, next state, conditions of energy.

The state of a cell is an integer: bit k holds input pin k, the bits above hold the output pins.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth import cell_function
from synth.errors import LibertyError, SynthesisToolError
from synth.liberty import Cell

MAX_INPUTS, MAX_OUTPUTS = 6, 2
STATES = 1 << (MAX_INPUTS + MAX_OUTPUTS)

Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class EnergyGroup:
    """One internal_power group. pin, related: numbers of pins, inputs first, then outputs; related
    is -1 where any input may be the cause. when: by state, 1 where it applies; None always. rise,
    fall: tables as `synth.liberty_reader` gives them.
    """

    pin: int
    related: int
    when: Bits | None
    rise: dict[str, Any] | None
    fall: dict[str, Any] | None


@dataclass(frozen=True)
class CellLogic:
    """The tables of one cell; SynthesisToolError for what cannot be simulated, see `check`."""

    cell: Cell

    def __post_init__(self) -> None:
        cell = self.cell
        if len(cell.inputs) > MAX_INPUTS or len(cell.outputs) > MAX_OUTPUTS:
            raise SynthesisToolError(
                f"cell {cell.name} has {len(cell.inputs)} inputs and {len(cell.outputs)} outputs: "
                f"energy is measured of cells with at most {MAX_INPUTS} and {MAX_OUTPUTS}"
            )
        if cell.sequential and not (cell.next_state and self.clock_pin is not None):
            raise SynthesisToolError(
                f"cell {cell.name} is no flip-flop with a rising clock: its energy is not measured"
            )

    @property
    def pins(self) -> tuple[str, ...]:
        """Inputs, then outputs."""
        return (*self.cell.inputs, *self.cell.outputs)

    @cached_property
    def clock_pin(self) -> int | None:
        """Number of the pin whose rising edge clocks a flip-flop; None where there is none."""
        clock = (self.cell.clocked_on or "").strip("() ")
        return self.cell.inputs.index(clock) if clock in self.cell.inputs else None

    def output_tables(self) -> Bits:
        """Values of the outputs, uint8[MAX_OUTPUTS, STATES]; of a flip-flop over its bit 0, Q."""
        tables = np.zeros((MAX_OUTPUTS, STATES), dtype=np.uint8)
        for place, pin in enumerate(self.cell.outputs):
            if pin not in self.cell.functions:
                raise SynthesisToolError(f"the library has no function of {self.cell.name}/{pin}")
            names = self.cell.state[:1] if self.cell.sequential else self.cell.inputs
            tables[place] = _over_states(self._function(self.cell.functions[pin]), names)
        return tables

    def next_state_table(self) -> Bits:
        """Next state of a flip-flop, uint8[STATES], over its inputs and, above them, its state."""
        if not self.cell.next_state:
            return np.zeros(STATES, dtype=np.uint8)
        names = (*self.cell.inputs, *self.cell.state[:1])
        return _over_states(self._function(self.cell.next_state), names)

    def energy_groups(self) -> list[EnergyGroup]:
        """Every group of internal energy, pin by pin; LibertyError where the library has none."""
        if self.cell.inputs and not self.cell.energies:
            raise LibertyError(
                f"the library gives no internal energy of cell {self.cell.name}; take another "
                "library for energy"
            )
        found = []
        for number, pin in enumerate(self.pins):
            for group in self.cell.energies.get(pin, []):
                if group["unreadable"]:
                    raise LibertyError(
                        f"cell {self.cell.name}, pin {pin}: its internal energy cannot be read "
                        f"({group['unreadable']}); take another library for energy"
                    )
                when = None
                if group["when"]:
                    when = _over_states(group["when"], self.pins)
                related = [self.pins.index(p) for p in group["related"] if p in self.pins] or [-1]
                found += [
                    EnergyGroup(number, cause, when, group["rise"], group["fall"])
                    for cause in related
                ]
        return found

    def _function(self, text: str) -> str:
        """`text` with the state's inverse, liberty's second name of a flip-flop, written out."""
        state = self.cell.state
        return re.sub(rf"\b{state[1]}\b", f"(!{state[0]})", text) if len(state) > 1 else text


def _over_states(function: str, names: Sequence[str]) -> Bits:
    """Truth table of a liberty function over `names`, repeated for the bits above them."""
    table = cell_function.truth_table(function, names)
    size = 1 << len(names)
    bits = np.array([table >> row & 1 for row in range(size)], dtype=np.uint8)
    return np.tile(bits, STATES // size)
