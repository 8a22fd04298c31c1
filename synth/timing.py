"""Static timing of a flat mapped netlist: the longest path by the library's own delay tables.

Model: liberty non-linear delay model, one corner, pin capacitances as load, no wires (before
layout there are none), ideal clock, inputs arriving with the clock edge. Rising and falling edges
are kept apart; arrival and transition time are each the worst over all arcs. A path ends at a
flip-flop's data pin with its setup time, or at an output.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.errors import SynthesisInputError, SynthesisToolError
from synth.liberty import Cell, Liberty
from synth.netlist import ONE, Instance, Netlist
from synth.timing_arcs import cell_arcs, setup_checks, smallest_slew, timed_cell
from synth.timing_kernel import Network, Times, arc_rows, propagate, side_by_side

Ints = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Result of the analysis.

    critical_path_ns: clock-to-output, logic and setup. start: instance or input bit. end:
    instance/pin or output bit.
    stages: (instance, cell, arrival in ns) of every cell on it. overloaded_nets: driven beyond the
    driver's max_capacitance.
    """

    critical_path_ns: float
    start: str
    end: str
    stages: tuple[tuple[str, str, float], ...]
    overloaded_nets: int


class _CellGroup:
    """All instances of one cell: net of every pin as one array (-1 where unconnected)."""

    def __init__(self, cell: Cell, indices: list[int], instances: tuple[Instance, ...]):
        self.cell = cell
        self.arcs = cell_arcs(cell)
        self.indices = np.array(indices, dtype=np.intp)
        self.nets: dict[str, Ints] = {
            pin: np.array([instances[i].nets.get(pin, (-1,))[0] for i in indices], dtype=np.intp)
            for pin in (*cell.inputs, *cell.outputs)
        }


class _Analysis:
    """Arrival and transition time of every net and edge; filled in by `run`."""

    def __init__(
        self, netlist: Netlist, liberty: Liberty, arrivals_ns: Mapping[str, float] | None = None
    ):
        self.netlist = netlist
        self.arrivals_ns = arrivals_ns or {}
        self.groups = _group(netlist, liberty)
        shape = (2, netlist.net_count)
        self.arrival = np.full(shape, -np.inf)
        self.slew = np.zeros(shape)
        self.came_from = np.full(shape, -1)  # net * 2 + edge of the worst arc's input
        self.driver = np.full(netlist.net_count, -1)
        self.load = np.zeros(netlist.net_count)
        self.levels = np.zeros(len(netlist.instances), dtype=np.intp)
        self.start_slew = smallest_slew(liberty)
        for group in self.groups:
            for pin, nets in group.nets.items():
                at = nets > ONE
                if pin in group.cell.capacitance:
                    np.add.at(self.load, nets[at], group.cell.capacitance[pin])
                else:
                    self.driver[nets[at]] = group.indices[at]

    def run(self) -> None:
        """Propagate from the inputs and flip-flops through all levels of logic."""
        for port, nets in self.netlist.inputs.items():
            self.arrival[:, nets] = self.arrivals_ns.get(port, 0.0)
            self.slew[:, nets] = self.start_slew
        self.levels = self._levels()
        order = np.argsort(self.levels, kind="stable")
        times = Times(arrival=self.arrival, slew=self.slew, came_from=self.came_from)
        propagate(self._network(), order, self.load, self.start_slew, times)

    def _network(self) -> Network:
        """Cells, nets and arcs for the kernel."""
        count = len(self.netlist.instances)
        kind = np.zeros(count, dtype=np.intp)
        nets = np.full((count, max((len(g.nets) for g in self.groups), default=0)), -1)
        rows: list[tuple[int, int, int, int]] = []
        first = [0]
        for number, group in enumerate(self.groups):
            kind[group.indices] = number
            for pin, connected in enumerate(group.nets.values()):
                nets[group.indices, pin] = connected
            rows += arc_rows(group.arcs, list(group.nets))
            first.append(len(rows))
        arcs = [arc for group in self.groups for arc in group.arcs]
        return Network(
            kind=kind,
            nets=nets,
            launches=np.array([group.cell.sequential for group in self.groups], dtype=bool),
            first_arc=np.array(first, dtype=np.intp),
            arcs=np.array(rows, dtype=np.intp).reshape(-1, 4),
            tables=side_by_side([table for arc in arcs for table in (arc.delay, arc.transition)]),
        )

    def _levels(self) -> Ints:
        """Level of every instance: 0 for flip-flops, else one above the drivers of its inputs."""
        sources, sinks = [], []
        for group in self.groups:
            for pin in () if group.cell.sequential else group.cell.inputs:
                driver = np.where(group.nets[pin] > ONE, self.driver[group.nets[pin]], -1)
                sources.append(driver[driver >= 0])
                sinks.append(group.indices[driver >= 0])
        source = np.concatenate([*sources, np.zeros(0, dtype=np.intp)])
        sink = np.concatenate([*sinks, np.zeros(0, dtype=np.intp)])
        order = np.argsort(source, kind="stable")
        count = len(self.netlist.instances)
        first = np.searchsorted(source[order], np.arange(count + 1)).tolist()
        after = sink[order].tolist()
        waiting = np.bincount(sink, minlength=count).tolist()
        level = [0] * count
        ready = [index for index in range(count) if not waiting[index]]
        for index in ready:
            for following in after[first[index] : first[index + 1]]:
                level[following] = max(level[following], level[index] + 1)
                waiting[following] -= 1
                if not waiting[following]:
                    ready.append(following)
        if len(ready) < count:
            raise SynthesisToolError(f"{self.netlist.name} has a combinational loop")
        return np.array(level, dtype=np.intp)

    def worst_end(self) -> tuple[float, int, int, str]:
        """(time in ns, net, edge, name) of the longest path's end; -inf where there is none."""
        ends = [(-np.inf, ONE, 0, "")]
        for port, nets in self.netlist.outputs.items():
            for bit, net in enumerate(nets):
                ends += [(self.arrival[edge, net], net, edge, f"{port}[{bit}]") for edge in (0, 1)]
        for group in self.groups:
            for pin, edge, table in setup_checks(group.cell):
                nets = group.nets[pin]
                clock_slew = np.full(len(nets), self.start_slew)
                times = self.arrival[edge, nets] + table(self.slew[edge, nets], clock_slew)
                worst = int(np.argmax(np.where(nets > ONE, times, -np.inf)))
                name = self.netlist.instances[group.indices[worst]].name
                ends.append((times[worst], int(nets[worst]), edge, f"{name}/{pin}"))
        return max(ends)

    def path(self, net: int, edge: int) -> tuple[str, list[tuple[str, str, float]]]:
        """Where the worst path to an edge of a net starts, and its cells, first one first."""
        stages = []
        while self.driver[net] >= 0:
            instance = self.netlist.instances[self.driver[net]]
            stages.append((instance.name, instance.cell, float(self.arrival[edge, net])))
            origin = int(self.came_from[edge, net])
            if origin < 0:
                return stages[-1][0], stages[::-1]
            net, edge = divmod(origin, 2)
        return self._input(net), stages[::-1]

    def _input(self, net: int) -> str:
        """The input bit that a net is."""
        return next(
            f"{port}[{nets.index(net)}]"
            for port, nets in self.netlist.inputs.items()
            if net in nets
        )

    def overloaded(self) -> int:
        """Number of nets loaded beyond what the library allows for their driver."""
        return sum(
            int(np.count_nonzero(self.load[group.nets[pin][group.nets[pin] > ONE]] > limit))
            for group in self.groups
            for pin, limit in group.cell.max_capacitance.items()
        )


@dataclass(frozen=True, kw_only=True)
class NetConditions:
    """What delays and energies depend on. slew_ns: (2, nets), rise and fall, worst arc; load_fF:
    (nets,), capacitance of the pins on each net. start_slew_ns: of the clock. levels: by instance.
    """

    slew_ns: NDArray[np.float64]
    load_ff: NDArray[np.float64]
    start_slew_ns: float
    levels: Ints


def net_conditions(netlist: Netlist, liberty: Liberty) -> NetConditions:
    """Transition times and loads of every net; raises as `analyse` does."""
    analysis = _Analysis(netlist, liberty)
    analysis.run()
    return NetConditions(
        slew_ns=analysis.slew,
        load_ff=analysis.load,
        start_slew_ns=analysis.start_slew,
        levels=analysis.levels,
    )


def analyse(
    netlist: Netlist, liberty: Liberty, arrivals_ns: Mapping[str, float] | None = None
) -> Timing:
    """Longest path of `netlist`.

    arrivals_ns: when inputs arrive after the clock edge, by port; others arrive with it.
    Raises SynthesisInputError for a port that there is not, SynthesisToolError for a cell without
    timing tables, a latch, a combinational loop, or a netlist without any path: a missing figure is
    an error, never 0.
    """
    unknown = sorted(set(arrivals_ns or ()) - set(netlist.inputs))
    if unknown:
        raise SynthesisInputError(
            f"{netlist.name} has no input {unknown[0]} whose data could arrive"
        )
    analysis = _Analysis(netlist, liberty, arrivals_ns)
    analysis.run()
    time, net, edge, end = analysis.worst_end()
    if not np.isfinite(time):
        raise SynthesisToolError(f"{netlist.name} has no timing path")
    start, stages = analysis.path(net, edge)
    return Timing(
        critical_path_ns=float(time),
        start=start,
        end=end,
        stages=tuple(stages),
        overloaded_nets=analysis.overloaded(),
    )


def _group(netlist: Netlist, liberty: Liberty) -> list[_CellGroup]:
    indices: dict[str, list[int]] = defaultdict(list)
    for index, instance in enumerate(netlist.instances):
        indices[instance.cell].append(index)
    return [
        _CellGroup(timed_cell(liberty, cell), found, netlist.instances)
        for cell, found in sorted(indices.items())
    ]
