"""A flat mapped netlist as arrays: what the simulation of its gates runs on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.energy.cell_logic import MAX_INPUTS, MAX_OUTPUTS, STATES, CellLogic
from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.netlist import ONE, Netlist

PINS = MAX_INPUTS + MAX_OUTPUTS


class NetlistArrays(NamedTuple):
    """What the compiled simulation reads; I instances, N nets, K kinds of cell, G energy groups.

    kind[I]; inputs[I, 6], outputs[I, 2]: nets, -1 where a kind has fewer pins. sequential[K];
    input_count[K]; clock_pin[K], -1 for logic; output_tables[K, 2, STATES]; next_state[K, STATES].
    group_first[K, 8 + 1]: groups of a kind by pin, outputs from 6; related[G]: input pin or -1;
    when[G]: row of `conditions`[.., STATES], -1 for always.
    fanout_first[N + 1], fanout: instance * 8 + input pin of every pin on a net, clocks left out.
    """

    kind: NDArray[np.int16]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    sequential: NDArray[np.bool_]
    input_count: NDArray[np.int8]
    clock_pin: NDArray[np.int8]
    output_tables: NDArray[np.uint8]
    next_state: NDArray[np.uint8]
    group_first: NDArray[np.int32]
    related: NDArray[np.int8]
    when: NDArray[np.int32]
    conditions: NDArray[np.uint8]
    fanout_first: NDArray[np.int32]
    fanout: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class CompiledNetlist:
    """The arrays, and the cells behind their kinds. An open output has a net of its own."""

    kinds: tuple[CellLogic, ...]
    net_count: int
    arrays: NetlistArrays

    @property
    def flip_flops(self) -> NDArray[np.intp]:
        """Instances with a state."""
        return np.flatnonzero(self.arrays.sequential[self.arrays.kind])


def compile_netlist(netlist: Netlist, liberty: Liberty, clock: str) -> CompiledNetlist:
    """Arrays of `netlist`, whose flip-flops are all clocked by its input `clock`.

    SynthesisToolError for another clock, a clock that is data too, an input pin without a net, or a
    cell beyond `CellLogic`; LibertyError for a cell without energies.
    """
    names = sorted(netlist.cells)
    kinds = tuple(CellLogic(liberty.cells[name]) for name in names)
    numbers = {name: number for number, name in enumerate(names)}
    kind = np.array([numbers[i.cell] for i in netlist.instances], dtype=np.int16)
    inputs, outputs, net_count = _pins(netlist, kinds, numbers)
    sequential = np.array([logic.cell.sequential for logic in kinds], dtype=bool)
    clock_pin = np.array(
        [-1 if logic.clock_pin is None else logic.clock_pin for logic in kinds], dtype=np.int8
    )
    flip_flops = np.flatnonzero(sequential[kind])
    clocked = inputs[flip_flops, clock_pin[kind[flip_flops]]]
    (wanted,) = netlist.inputs[clock]
    if np.any(clocked != wanted):
        name = netlist.instances[flip_flops[np.flatnonzero(clocked != wanted)[0]]].name
        raise SynthesisToolError(
            f"{netlist.name}: flip-flop {name} is not clocked by {clock}: gated clocks have no "
            "measured energy"
        )
    first, fanout = _fanout(inputs, kind, clock_pin, net_count)
    if first[wanted + 1] > first[wanted]:
        name = netlist.instances[fanout[first[wanted]] // PINS].name
        raise SynthesisToolError(
            f"{netlist.name}: {name} has the clock {clock} at an input for data: its energy is not "
            "measured"
        )
    group_first, related, when, conditions = _groups(kinds)
    arrays = NetlistArrays(
        kind=kind,
        inputs=inputs,
        outputs=outputs,
        sequential=sequential,
        input_count=np.array([len(logic.cell.inputs) for logic in kinds], dtype=np.int8),
        clock_pin=clock_pin,
        output_tables=np.stack([logic.output_tables() for logic in kinds]),
        next_state=np.stack([logic.next_state_table() for logic in kinds]),
        group_first=group_first,
        related=related,
        when=when,
        conditions=conditions,
        fanout_first=first,
        fanout=fanout,
    )
    return CompiledNetlist(kinds=kinds, net_count=net_count, arrays=arrays)


def _pins(
    netlist: Netlist, kinds: tuple[CellLogic, ...], numbers: Mapping[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Nets of all pins, and how many nets there are with those made for open outputs."""
    count = len(netlist.instances)
    inputs = np.full((count, MAX_INPUTS), -1, dtype=np.int32)
    outputs = np.full((count, MAX_OUTPUTS), -1, dtype=np.int32)
    net_count = netlist.net_count
    for index, instance in enumerate(netlist.instances):
        cell = kinds[numbers[instance.cell]].cell
        for place, pin in enumerate(cell.inputs):
            if pin not in instance.nets:
                raise SynthesisToolError(
                    f"{netlist.name}: input {pin} of {instance.name} is not connected"
                )
            inputs[index, place] = instance.nets[pin][0]
        for place, pin in enumerate(cell.outputs):
            if pin in instance.nets:
                outputs[index, place] = instance.nets[pin][0]
            else:
                outputs[index, place] = net_count
                net_count += 1
    return inputs, outputs, net_count


def _fanout(
    inputs: NDArray[np.int32],
    kind: NDArray[np.int16],
    clock_pin: NDArray[np.int8],
    net_count: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Input pins by net; the clock's pins, which every cycle visits anyway, are left out."""
    instance, pin = np.nonzero(inputs > ONE)
    kept = pin != clock_pin[kind[instance]]
    instance, pin = instance[kept], pin[kept]
    net = inputs[instance, pin]
    order = np.argsort(net, kind="stable")
    first = np.searchsorted(net[order], np.arange(net_count + 1)).astype(np.int32)
    return first, (instance * PINS + pin)[order].astype(np.int64)


def _groups(
    kinds: tuple[CellLogic, ...],
) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int32], NDArray[np.uint8]]:
    """Groups of internal energy of all kinds, and the distinct conditions that they have."""
    first = np.zeros((len(kinds), PINS + 1), dtype=np.int32)
    related: list[int] = []
    when: list[int] = []
    conditions: list[NDArray[np.uint8]] = []
    for number, logic in enumerate(kinds):
        inputs = len(logic.cell.inputs)
        groups = logic.energy_groups()
        for pin in range(PINS):
            first[number, pin] = len(related)
            # Outputs are numbered from MAX_INPUTS here, whatever the cell's inputs.
            own = pin if pin < inputs else pin - MAX_INPUTS + inputs if pin >= MAX_INPUTS else -1
            for group in groups:
                if group.pin == own:
                    related.append(group.related)
                    when.append(-1 if group.when is None else len(conditions))
                    if group.when is not None:
                        conditions.append(group.when)
        first[number, PINS] = len(related)
    rows = np.stack(conditions) if conditions else np.zeros((0, STATES), dtype=np.uint8)
    return (
        first,
        np.array(related, dtype=np.int8),
        np.array(when, dtype=np.int32),
        rows,
    )
