"""Static timing of a flat mapped netlist: the longest path by the library's own delay tables.

Model: liberty non-linear delay model, one corner, pin capacitances as load, no wires (before
layout there are none), ideal clock, inputs arriving with the clock edge. Rising and falling edges
are kept apart; arrival and transition time are each the worst over all arcs. A path ends at a
flip-flop's data pin with its setup time, or at an output.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.netlist import ONE, Instance, Netlist
from synth.timing_arcs import Arc, cell_arcs, setup_checks, smallest_slew, timed_cell


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Result of the analysis.

    critical_path_ns: clock-to-output, logic and setup. start, end: instance/pin or port.
    stages: (instance, cell, arrival in ns) of every cell on it. overloaded_nets: driven beyond the
    driver's max_capacitance.
    """

    critical_path_ns: float
    start: str
    end: str
    stages: tuple[tuple[str, str, float], ...]
    overloaded_nets: int


class _Analysis:
    """Arrival and transition time of every net and edge; filled in level by level."""

    def __init__(self, netlist: Netlist, liberty: Liberty):
        self.netlist = netlist
        self.liberty = liberty
        self.cells = {name: timed_cell(liberty, name) for name in netlist.cells}
        self.arcs = {name: cell_arcs(cell) for name, cell in self.cells.items()}
        shape = (2, netlist.net_count)
        self.arrival = np.full(shape, -np.inf)
        self.slew = np.zeros(shape)
        self.came_from = np.full(shape, -1)  # net * 2 + edge of the worst arc's input
        self.driver = np.full(netlist.net_count, -1)
        self.load = np.zeros(netlist.net_count)
        self.start_slew = smallest_slew(liberty)
        for index, instance in enumerate(netlist.instances):
            self._count(index, instance)

    def _count(self, index: int, instance: Instance) -> None:
        cell = self.cells[instance.cell]
        for pin, (net,) in instance.nets.items():
            if pin in cell.capacitance:
                self.load[net] += cell.capacitance[pin]
            elif net > ONE:
                self.driver[net] = index

    def run(self) -> None:
        """Propagate from the inputs and flip-flops through all levels of logic."""
        for nets in self.netlist.inputs.values():
            self.arrival[:, nets] = 0.0
            self.slew[:, nets] = self.start_slew
        for level in self._levels():
            by_cell: dict[str, list[Instance]] = defaultdict(list)
            for index in level:
                instance = self.netlist.instances[index]
                by_cell[instance.cell].append(instance)
            for cell, instances in by_cell.items():
                for arc in self.arcs[cell]:
                    self._propagate(arc, instances, launch=self.cells[cell].sequential)

    def _levels(self) -> list[list[int]]:
        """Instances in order: flip-flops first, each other cell after the drivers of its inputs."""
        instances = self.netlist.instances
        waiting = np.zeros(len(instances), dtype=int)
        sinks: dict[int, list[int]] = defaultdict(list)
        for index, instance in enumerate(instances):
            cell = self.cells[instance.cell]
            if cell.sequential:
                continue
            for pin in cell.inputs:
                source = self.driver[instance.nets[pin][0]] if pin in instance.nets else -1
                if source >= 0:
                    sinks[int(source)].append(index)
                    waiting[index] += 1
        level = [index for index in range(len(instances)) if not waiting[index]]
        levels, done = [], 0
        while level:
            levels.append(level)
            done += len(level)
            following = []
            for index in level:
                for sink in sinks[index]:
                    waiting[sink] -= 1
                    if not waiting[sink]:
                        following.append(sink)
            level = following
        if done < len(instances):
            raise SynthesisToolError(f"{self.netlist.name} has a combinational loop")
        return levels

    def _propagate(self, arc: Arc, instances: list[Instance], *, launch: bool) -> None:
        pairs = [
            (i.nets[arc.source][0], i.nets[arc.target][0])
            for i in instances
            if arc.source in i.nets and arc.target in i.nets
        ]
        if not pairs:
            return
        source, target = np.array(pairs, dtype=np.intp).T
        if launch:
            arrival, slew = np.zeros(len(source)), np.full(len(source), self.start_slew)
        else:
            arrival, slew = (
                self.arrival[arc.source_edge, source],
                self.slew[arc.source_edge, source],
            )
        load = self.load[target]
        arrival = arrival + arc.delay(slew, load)
        edge = arc.target_edge
        later = arrival > self.arrival[edge, target]
        origin = -1 if launch else source * 2 + arc.source_edge
        self.came_from[edge, target] = np.where(later, origin, self.came_from[edge, target])
        self.arrival[edge, target] = np.where(later, arrival, self.arrival[edge, target])
        reachable = np.isfinite(arrival)
        slew = np.where(reachable, arc.transition(slew, load), 0.0)
        self.slew[edge, target] = np.maximum(slew, self.slew[edge, target])

    def ends(self) -> list[tuple[float, int, int, str]]:
        """(required time in ns, net, edge, name) of every path end that a path reaches."""
        found = []
        for port, nets in self.netlist.outputs.items():
            for bit, net in enumerate(nets):
                found += [(self.arrival[e, net], net, e, f"{port}[{bit}]") for e in range(2)]
        for name, cell in self.cells.items():
            for pin, edge, table in setup_checks(cell):
                instances = [i for i in self.netlist.instances if i.cell == name and pin in i.nets]
                nets = np.array([i.nets[pin][0] for i in instances], dtype=np.intp)
                clock_slew = np.full(len(nets), self.start_slew)
                times = self.arrival[edge, nets] + table(self.slew[edge, nets], clock_slew)
                found += [
                    (time, int(net), edge, f"{instance.name}/{pin}")
                    for time, net, instance in zip(times, nets, instances, strict=True)
                ]
        return [end for end in found if np.isfinite(end[0])]

    def path(self, net: int, edge: int) -> list[tuple[str, str, float]]:
        """Cells on the worst path to an edge of a net, first one first."""
        stages = []
        while self.driver[net] >= 0:
            instance = self.netlist.instances[self.driver[net]]
            stages.append((instance.name, instance.cell, float(self.arrival[edge, net])))
            origin = int(self.came_from[edge, net])
            if origin < 0:
                break
            net, edge = divmod(origin, 2)
        return stages[::-1]

    def overloaded(self) -> int:
        """Number of nets loaded beyond what the library allows for their driver."""
        count = 0
        for instance in self.netlist.instances:
            limits = self.cells[instance.cell].max_capacitance
            count += sum(
                self.load[instance.nets[pin][0]] > limit
                for pin, limit in limits.items()
                if pin in instance.nets
            )
        return int(count)


def analyse(netlist: Netlist, liberty: Liberty) -> Timing:
    """Longest path of `netlist`.

    Raises SynthesisToolError for a cell without timing tables, a latch, a combinational loop, or a
    netlist without any path: a missing figure is an error, never 0.
    """
    analysis = _Analysis(netlist, liberty)
    analysis.run()
    ends = analysis.ends()
    if not ends:
        raise SynthesisToolError(f"{netlist.name} has no timing path")
    time, net, edge, end = max(ends)
    stages = analysis.path(net, edge)
    return Timing(
        critical_path_ns=float(time),
        start=stages[0][0] if stages else end,
        end=end,
        stages=tuple(stages),
        overloaded_nets=analysis.overloaded(),
    )
