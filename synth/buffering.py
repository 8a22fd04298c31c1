"""Buffers for nets that cross parts: mapping sees one part at a time, a broadcast net all of them.

Before layout no placement is known, so sinks are grouped in the order of their names: neighbours in
the hierarchy share a buffer. The clock is left alone, its tree is built after placement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from synth.liberty import Cell, Liberty
from synth.netlist import ONE, Instance, Netlist

# A buffer may be this many times as heavy to drive as the smallest inverter.
_BUFFER_INPUT = 4
# Buffers are loaded to this fraction of what the library allows, so that they stay fast.
_BUFFER_LOAD = 0.5
# Load that a net may carry where the library sets no limit, in inverter inputs.
_DEFAULT_FANOUT = 32
_MARK = "buffer$"


@dataclass(frozen=True)
class _Sink:
    """One input pin on a net: index of its instance, the pin, its capacitance in fF."""

    instance: int
    pin: str
    load: float


def insert_buffers(netlist: Netlist, liberty: Liberty, fraction: float) -> Netlist:
    """Return the flat netlist with every net loaded to at most `fraction` of its driver's limit.

    A buffer is named after the instance that drives its net. Inputs of the netlist count as driven
    by such a buffer. Without a buffer cell in the library the netlist is returned as it is.
    """
    buffer = _buffer(liberty)
    if buffer is None:
        return netlist
    work = _Work(netlist, liberty, buffer)
    for net, sinks in work.loaded_nets(fraction):
        work.split(net, sinks, fraction)
    return replace(netlist, net_count=work.net_count, instances=tuple(work.instances))


def is_inserted(instance: str) -> bool:
    """Whether an instance of this name was put in by `insert_buffers`."""
    return instance.rpartition(".")[2].startswith(_MARK)


def _buffer(liberty: Liberty) -> Cell | None:
    """Buffer that drives most capacitance per area among those light enough to drive."""
    inverter = liberty.inverter
    limit = _BUFFER_INPUT * inverter.capacitance[inverter.inputs[0]]
    light = [
        cell
        for cell in liberty.buffers
        if cell.max_capacitance and cell.capacitance[cell.inputs[0]] <= limit
    ]
    return max(light, key=lambda cell: _limit(cell) / liberty.area_um2(cell.name), default=None)


def _limit(cell: Cell) -> float:
    return cell.max_capacitance[cell.outputs[0]]


class _Work:
    """The netlist while buffers are being added to it."""

    def __init__(self, netlist: Netlist, liberty: Liberty, buffer: Cell):
        self.instances = list(netlist.instances)
        self.net_count = netlist.net_count
        self._liberty = liberty
        self._buffer = buffer
        inverter = liberty.inverter
        self._default = _DEFAULT_FANOUT * inverter.capacitance[inverter.inputs[0]]
        self._sinks: dict[int, list[_Sink]] = {}
        self._limits = dict.fromkeys(
            (net for nets in netlist.inputs.values() for net in nets), _limit(buffer)
        )
        self._drivers: dict[int, str] = {}  # name of the driving instance by net
        self._clocks: set[int] = set()
        self._buffers = 0
        for index in sorted(range(len(self.instances)), key=lambda i: self.instances[i].name):
            self._register(index)

    def _register(self, index: int) -> None:
        instance = self.instances[index]
        cell = self._liberty.cells[instance.cell]
        for pin, (net,) in instance.nets.items():
            if pin in cell.capacitance:
                self._sinks.setdefault(net, []).append(_Sink(index, pin, cell.capacitance[pin]))
                if cell.clocked_on and pin in cell.clocked_on:
                    self._clocks.add(net)
            else:
                self._limits[net] = cell.max_capacitance.get(pin, self._default)
                self._drivers[net] = instance.name

    def loaded_nets(self, fraction: float) -> Iterator[tuple[int, list[_Sink]]]:
        """Nets loaded beyond the limit, with their sinks."""
        for net, sinks in list(self._sinks.items()):
            if net <= ONE or net in self._clocks or net not in self._limits:
                continue
            if sum(sink.load for sink in sinks) > fraction * self._limits[net]:
                yield net, sinks

    def split(self, net: int, sinks: Sequence[_Sink], fraction: float) -> None:
        """Put buffers between a net and its sinks, and buffers before those, until it can drive."""
        limit = min(fraction, _BUFFER_LOAD) * _limit(self._buffer)
        while sum(sink.load for sink in sinks) > fraction * self._limits[net]:
            groups = list(_groups(sinks, limit))
            if len(groups) == len(sinks):
                return  # each sink alone is too much: no tree helps
            sinks = [self._drive(net, group) for group in groups]

    def _drive(self, net: int, sinks: Sequence[_Sink]) -> _Sink:
        """One buffer on `net` that takes over the sinks; returns the buffer's own input."""
        output, self.net_count = self.net_count, self.net_count + 1
        for sink in sinks:
            instance = self.instances[sink.instance]
            nets = {**instance.nets, sink.pin: [output]}
            self.instances[sink.instance] = replace(instance, nets=nets)
        cell = self._buffer
        source, target = cell.inputs[0], cell.outputs[0]
        prefix = f"{self._drivers[net]}." if net in self._drivers else ""
        name = f"{prefix}{_MARK}{self._buffers}"
        self._buffers += 1
        self.instances.append(Instance(name, cell.name, {source: [net], target: [output]}))
        return _Sink(len(self.instances) - 1, source, cell.capacitance[source])


def _groups(sinks: Sequence[_Sink], limit: float) -> Iterator[list[_Sink]]:
    """Cut the sinks into runs of about equal load, none above the limit if it can be."""
    total = sum(sink.load for sink in sinks)
    share = total / max(1, -(-total // limit))
    group: list[_Sink] = []
    load = 0.0
    for sink in sinks:
        if group and load + sink.load > min(limit, share * 1.01):
            yield group
            group, load = [], 0.0
        group.append(sink)
        load += sink.load
    if group:
        yield group
