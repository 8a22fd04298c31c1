"""Timing arcs of library cells: which edge causes which, with their delay tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.errors import SynthesisToolError
from synth.liberty import Cell, Liberty
from synth.timing_tables import Table, make_table

EDGES = ("rise", "fall")
_LAUNCH = ("rising_edge", "falling_edge")
_SETUP = ("setup_rising", "setup_falling")
_THROUGH = ("combinational", "combinational_rise", "combinational_fall")
_NANDS_PER_CARRY = 2
_STAGES = 20


@dataclass(frozen=True)
class Arc:
    """One timing arc: from an edge (0 rise, 1 fall) of a pin to one of another, with its tables."""

    source: str
    target: str
    source_edge: int
    target_edge: int
    delay: Table
    transition: Table


def timed_cell(liberty: Liberty, name: str) -> Cell:
    """Cell by name; raises SynthesisToolError for a cell whose timing is not modelled."""
    if name not in liberty.cells:
        raise SynthesisToolError(f"library {liberty.name} has no cell {name}")
    cell = liberty.cells[name]
    if cell.sequential and not cell.next_state:
        raise SynthesisToolError(
            f"cell {name} is a latch or clock gate: its timing is not modelled"
        )
    return cell


def cell_arcs(cell: Cell) -> list[Arc]:
    """Arcs through the cell, or from the clock for a flip-flop."""
    wanted = _LAUNCH if cell.sequential else _THROUGH
    arcs = []
    for pin in cell.outputs:
        for data in cell.arcs.get(pin, []):
            if data["type"] in wanted:
                arcs += [arc for source in data["related"] for arc in _edges(source, pin, data)]
    timed = {arc.target for arc in arcs}
    inputs = cell.inputs or None  # a tie cell has no arcs
    missing = [pin for pin in cell.outputs if pin not in timed and inputs]
    if missing:
        raise SynthesisToolError(f"the library has no timing of cell {cell.name}, pin {missing[0]}")
    return arcs


def _edges(source: str, target: str, data: dict[str, Any]) -> list[Arc]:
    """The edge-to-edge arcs that one timing group stands for."""
    arcs = []
    for target_edge, name in enumerate(EDGES):
        if f"cell_{name}" not in data["tables"]:
            continue
        delay = make_table(data["tables"][f"cell_{name}"])
        transition = make_table(data["tables"][f"{name}_transition"])
        source_edges = {
            "positive_unate": [target_edge],
            "negative_unate": [1 - target_edge],
        }.get(data["sense"], [0, 1])
        arcs += [Arc(source, target, e, target_edge, delay, transition) for e in source_edges]
    return arcs


def setup_checks(cell: Cell) -> list[tuple[str, int, Table]]:
    """(data pin, edge, table) of the setup constraints of a flip-flop."""
    return [
        (pin, edge, make_table(data["tables"][f"{name}_constraint"]))
        for pin in cell.inputs
        for data in cell.arcs.get(pin, [])
        if data["type"] in _SETUP
        for edge, name in enumerate(EDGES)
        if f"{name}_constraint" in data["tables"]
    ]


def smallest_slew(liberty: Liberty) -> float:
    """First point of the inverter's slew axis: the edge of an ideal clock or input."""
    arcs = cell_arcs(liberty.inverter)
    return float(arcs[0].delay.slew[0])


def carry_delay_ns(liberty: Liberty) -> float:
    """Delay per bit of a long ripple-carry adder, of the library's full adders or of NAND gates."""
    adder = liberty.full_adder
    if adder is None:
        return _chain_delay_ns(liberty, liberty.nand2, liberty.nand2.outputs[0]) * _NANDS_PER_CARRY
    return _chain_delay_ns(liberty, adder.cell, adder.carry_pin)


def _chain_delay_ns(liberty: Liberty, cell: Cell, output: str) -> float:
    """Delay of one of many equal cells in a row, through the last input, worst edge."""
    pin = cell.inputs[-1]
    load = np.array([cell.capacitance[pin]])
    slews = {edge: np.array([smallest_slew(liberty)]) for edge in range(len(EDGES))}
    arcs = [arc for arc in cell_arcs(cell) if (arc.source, arc.target) == (pin, output)]
    delay = 0.0
    for _ in range(_STAGES):
        delay = max(float(arc.delay(slews[arc.source_edge], load)[0]) for arc in arcs)
        after = [(arc.target_edge, arc.transition(slews[arc.source_edge], load)) for arc in arcs]
        slews = {edge: max(slew for at, slew in after if at == edge) for edge in slews}
    return delay
