"""Delays and energies of every instance at its own loads and transition times."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.energy.cell_logic import MAX_INPUTS, MAX_OUTPUTS
from synth.energy.compiled import PINS, CompiledNetlist
from synth.liberty import Liberty
from synth.netlist import Netlist
from synth.timing import NetConditions, net_conditions
from synth.timing_arcs import EDGES, cell_arcs
from synth.timing_tables import Floats, make_table

PS_PER_NS = 1000


class Conditions(NamedTuple):
    """What the simulation looks up.

    delays_ps[I, 2, 6, 2]: by output, input that causes it, and edge (0 rise, 1 fall) of the output;
    of a flip-flop from the clock, at input 0. At least 1.
    energy_first[I], energies_fj[.., 2]: internal energy of the groups of an instance, by edge.
    load_ff[N]; levels[I]: as `synth.timing.NetConditions` has them.
    """

    delays_ps: NDArray[np.int32]
    energy_first: NDArray[np.int64]
    energies_fj: NDArray[np.float32]
    load_ff: Floats
    levels: NDArray[np.int32]


def conditions(netlist: Netlist, liberty: Liberty, compiled: CompiledNetlist) -> Conditions:
    """Evaluate the library's tables: worst transition times of timing analysis, loads of pins.

    Energies are at the mean of the cause's rising and falling transition times.

    Where the library has an arc for each state of the other inputs, its delay is their mean.
    """
    at = net_conditions(netlist, liberty)
    extra = compiled.net_count - netlist.net_count  # nets of open outputs: no load, no sinks
    slew = np.concatenate([at.slew_ns, np.full((2, extra), at.start_slew_ns)], axis=1)
    load = np.concatenate([at.load_ff, np.zeros(extra)])
    delays = np.ones(
        (len(compiled.arrays.kind), MAX_OUTPUTS, MAX_INPUTS, len(EDGES)), dtype=np.int32
    )
    group_counts = compiled.arrays.group_first[:, PINS] - compiled.arrays.group_first[:, 0]
    counts = group_counts[compiled.arrays.kind].astype(np.int64)
    first = np.concatenate([[0], np.cumsum(counts)])
    energies = np.zeros((first[-1], len(EDGES)), dtype=np.float32)
    for number in range(len(compiled.kinds)):
        rows = np.flatnonzero(compiled.arrays.kind == number)
        _fill_delays(delays, compiled, number, rows, slew, load, at)
        _fill_energies(energies, first, compiled, number, rows, slew, load, at)
    return Conditions(
        delays_ps=delays,
        energy_first=first[:-1],
        energies_fj=energies,
        load_ff=load,
        levels=at.levels.astype(np.int32),
    )


def _fill_delays(
    delays: NDArray[np.int32],
    compiled: CompiledNetlist,
    number: int,
    rows: NDArray[np.intp],
    slew: Floats,
    load: Floats,
    at: NetConditions,
) -> None:
    cell = compiled.kinds[number].cell
    found: dict[tuple[int, int, int], list[Floats]] = {}
    for arc in cell_arcs(cell) if cell.inputs else []:
        source = 0 if cell.sequential else cell.inputs.index(arc.source)
        target = cell.outputs.index(arc.target)
        nets = compiled.arrays.inputs[rows, source]
        edge = np.full(len(rows), at.start_slew_ns)
        if not cell.sequential:
            edge = np.where(nets >= 0, slew[arc.source_edge, nets], edge)
        delay = arc.delay(edge, load[compiled.arrays.outputs[rows, target]])
        found.setdefault((target, source, arc.target_edge), []).append(delay)
    for (target, source, edge), values in found.items():
        mean = np.mean(values, axis=0) * PS_PER_NS
        delays[rows, target, source, edge] = np.maximum(1, np.rint(mean))


def _fill_energies(
    energies: NDArray[np.float32],
    first: NDArray[np.int64],
    compiled: CompiledNetlist,
    number: int,
    rows: NDArray[np.intp],
    slew: Floats,
    load: Floats,
    at: NetConditions,
) -> None:
    logic = compiled.kinds[number]
    inputs = len(logic.cell.inputs)
    groups = sorted(logic.energy_groups(), key=lambda group: group.pin)
    for place, group in enumerate(groups):
        cause = group.related if group.related >= 0 else group.pin
        output = group.pin - inputs
        loads = load[compiled.arrays.outputs[rows, output]] if output >= 0 else np.zeros(len(rows))
        if cause == logic.clock_pin or cause >= inputs:
            transition = np.full(len(rows), at.start_slew_ns)
        else:
            transition = slew[:, compiled.arrays.inputs[rows, cause]].mean(axis=0)
        for edge, data in enumerate((group.rise, group.fall)):
            if data is not None:
                energies[first[rows] + place, edge] = make_table(data)(transition, loads)
