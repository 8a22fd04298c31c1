"""The event-driven simulation of one clock cycle, compiled.

Every output has at most one transition pending: what would undo it before it happened takes it
back, so that pulses shorter than a gate's delay do not pass it (inertial delay). Values are 0 and 1
only. Times are in ps after the clock's rising edge; without glitches a gate's time is its level.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from synth.energy.cell_logic import MAX_INPUTS, MAX_OUTPUTS
from synth.energy.compiled import PINS

_NONE = -1
# Nothing here makes or keeps an array: counting references to those in the tuples at every access
# would take three quarters of the time. Numba has no public word for it.
_options: dict[str, Any] = {"cache": True, "_nrt": False}
_compiled = njit(**_options)
_inlined = njit(inline="always", **_options)


class State(NamedTuple):
    """What changes while simulating; I instances, N nets.

    values[N], toggles[N]: of nets. state[I], next_state[I]: of flip-flops, whose instances are in
    flip_flops. internal[I], clock[I]: energy in fJ of the cells, and of flip-flops by their clock.
    pending[2 I]: time of an output's pending transition or -1, with its cause and the state of the
    cell then. heads: first event of every time; node_out, node_next: the events. changed: scratch.
    counters: events of this cycle; whether one did not fit. timed: delays, or levels.
    """

    values: NDArray[np.uint8]
    toggles: NDArray[np.int64]
    state: NDArray[np.uint8]
    next_state: NDArray[np.uint8]
    flip_flops: NDArray[np.intp]
    internal: NDArray[np.float64]
    clock: NDArray[np.float64]
    pending: NDArray[np.int32]
    cause: NDArray[np.int8]
    cause_state: NDArray[np.int16]
    heads: NDArray[np.int32]
    node_out: NDArray[np.int32]
    node_next: NDArray[np.int32]
    changed: NDArray[np.int32]
    counters: NDArray[np.int64]
    timed: bool


@_compiled
def settle(n: Any, order: Any, values: Any, state: Any) -> None:
    """Compute all outputs from inputs and states, instances in `order` of their levels."""
    for instance in order:
        k = n.kind[instance]
        index = state[instance] if n.sequential[k] else _inputs(n, instance, values)
        for o in range(MAX_OUTPUTS):
            net = n.outputs[instance, o]
            if net >= 0:
                values[net] = n.output_tables[k, o, index]


@_inlined
def _inputs(n: Any, instance: int, values: Any) -> int:
    """State of a cell's inputs as a number."""
    index = 0
    for i in range(n.input_count[n.kind[instance]]):
        index |= values[n.inputs[instance, i]] << i
    return index


@_inlined
def _state(n: Any, instance: int, values: Any) -> int:
    """State of all pins of a cell as a number."""
    index = _inputs(n, instance, values)
    place = n.input_count[n.kind[instance]]
    for o in range(MAX_OUTPUTS):
        net = n.outputs[instance, o]
        if net >= 0:
            index |= values[net] << place
            place += 1
    return index


@_inlined
def _energy(n: Any, c: Any, instance: int, pin: int, cause: int, edge: int, state: int) -> float:
    """Internal energy in fJ of a transition of `pin` that input `cause` has brought about.

    Of the groups for that cause those whose condition holds, or those without one, or, as when
    inputs change at once, the mean of all.
    """
    k = n.kind[instance]
    first = n.group_first[k, 0]
    met, met_count = 0.0, 0
    plain, plain_count = 0.0, 0
    every, every_count = 0.0, 0
    for g in range(n.group_first[k, pin], n.group_first[k, pin + 1]):
        if n.related[g] != _NONE and n.related[g] != cause:
            continue
        energy = c.energies_fj[c.energy_first[instance] + g - first, edge]
        every, every_count = every + energy, every_count + 1
        if n.when[g] == _NONE:
            plain, plain_count = plain + energy, plain_count + 1
        elif n.conditions[n.when[g], state]:
            met, met_count = met + energy, met_count + 1
    if met_count:
        return met
    if plain_count:
        return plain
    if every_count and pin >= MAX_INPUTS:
        return every / every_count
    return 0.0


@_inlined
def _schedule(n: Any, c: Any, s: Any, instance: int, cause: int, index: int, now: int) -> None:
    """Let the outputs of a cell follow its inputs, or its new state."""
    k = n.kind[instance]
    for o in range(MAX_OUTPUTS):
        net = n.outputs[instance, o]
        if net < 0:
            continue
        out = instance * MAX_OUTPUTS + o
        value = n.output_tables[k, o, index]
        if s.pending[out] != _NONE:
            if value == s.values[net]:
                s.pending[out] = _NONE
            continue
        if value == s.values[net]:
            continue
        delay = c.delays_ps[instance, o, cause if not n.sequential[k] else 0, 1 - value]
        time = now + delay if s.timed else c.levels[instance] + 1
        s.pending[out] = time
        s.cause[out] = cause
        s.cause_state[out] = _state(n, instance, s.values)
        _push(s, time, out)


@_inlined
def _push(s: Any, time: int, out: int) -> None:
    node = s.counters[0]
    if time >= len(s.heads) or node >= len(s.node_out):
        s.counters[1] = 1
        return
    s.counters[0] = node + 1
    s.node_out[node] = out
    s.node_next[node] = s.heads[time]
    s.heads[time] = node


@_inlined
def _toggle(n: Any, c: Any, s: Any, out: int) -> int:
    """Carry out the pending transition of an output; returns its net.

    Two outputs that move together are both charged: libraries split the cell's energy between them.
    In Nangate45 a half adder's two groups add up to 8.2 fJ, its AND and its XOR apart to 7.9.
    """
    instance, o = out // MAX_OUTPUTS, out % MAX_OUTPUTS
    net = n.outputs[instance, o]
    s.pending[out] = _NONE
    s.values[net] = 1 - s.values[net]
    s.toggles[net] += 1
    edge = 1 - s.values[net]
    s.internal[instance] += _energy(
        n, c, instance, MAX_INPUTS + o, s.cause[out], edge, s.cause_state[out]
    )
    return net


@_inlined
def _visit(n: Any, c: Any, s: Any, net: int, now: int) -> None:
    """Tell every cell on a net that it has changed."""
    for place in range(n.fanout_first[net], n.fanout_first[net + 1]):
        instance, pin = n.fanout[place] // PINS, n.fanout[place] % PINS
        k = n.kind[instance]
        if n.group_first[k, pin + 1] > n.group_first[k, pin]:
            state = _state(n, instance, s.values)
            edge = 1 - s.values[net]
            s.internal[instance] += _energy(n, c, instance, pin, pin, edge, state)
        if not n.sequential[k]:
            _schedule(n, c, s, instance, pin, _inputs(n, instance, s.values), now)


@_compiled
def capture(n: Any, s: Any) -> None:
    """Let every flip-flop take in what its inputs are, for the next rising edge."""
    for instance in s.flip_flops:
        k = n.kind[instance]
        index = _inputs(n, instance, s.values) | s.state[instance] << n.input_count[k]
        s.next_state[instance] = n.next_state[k, index]


@_compiled
def cycle(n: Any, c: Any, s: Any, changed_inputs: Any, clock_net: int, half: int) -> None:
    """One clock cycle: rising edge, changed input ports, falling edge at `half`, until quiet."""
    s.counters[0] = 0
    s.values[clock_net] = 1
    for instance in s.flip_flops:
        k = n.kind[instance]
        state = _state(n, instance, s.values)
        s.clock[instance] += _energy(n, c, instance, n.clock_pin[k], n.clock_pin[k], 0, state)
        if s.next_state[instance] != s.state[instance]:
            s.state[instance] = s.next_state[instance]
            _schedule(n, c, s, instance, n.clock_pin[k], s.state[instance], 0)
    for net in changed_inputs:
        s.values[net] = 1 - s.values[net]
        s.toggles[net] += 1
    for net in changed_inputs:
        _visit(n, c, s, net, 0)
    fallen = False
    for now in range(len(s.heads)):
        if now == half:
            _clock_falls(n, c, s, clock_net)
            fallen = True
        node = s.heads[now]
        if node == _NONE:
            continue
        count = 0
        while node != _NONE:
            out = s.node_out[node]
            if s.pending[out] == now:
                s.changed[count] = _toggle(n, c, s, out)
                count += 1
            node = s.node_next[node]
        s.heads[now] = _NONE
        for place in range(count):
            _visit(n, c, s, s.changed[place], now)
    if not fallen:
        _clock_falls(n, c, s, clock_net)
    capture(n, s)


@_inlined
def _clock_falls(n: Any, c: Any, s: Any, clock_net: int) -> None:
    for instance in s.flip_flops:
        k = n.kind[instance]
        state = _state(n, instance, s.values)
        s.clock[instance] += _energy(n, c, instance, n.clock_pin[k], n.clock_pin[k], 1, state)
    s.values[clock_net] = 0
