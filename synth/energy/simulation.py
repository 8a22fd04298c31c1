"""Gate-level simulation of a mapped netlist, cycle by cycle, and the energy that it takes."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.energy import kernel
from synth.energy.cell_logic import MAX_OUTPUTS
from synth.energy.compiled import CompiledNetlist, compile_netlist
from synth.energy.conditions import PS_PER_NS, conditions
from synth.errors import LibertyError, SynthesisInputError, SynthesisToolError
from synth.liberty import Cell, Liberty
from synth.netlist import ONE, Netlist
from synth.timing import analyse

# Events of a cycle: outputs of an unpipelined multiplier change a dozen times.
_EVENTS_PER_INSTANCE = 64
# Delays are rounded to whole ps and at least 1, so a path may take a little longer than analysed.
_SLACK = 1.25


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Energy in fJ of some cycles. internal: inside the cells, as the library's tables have it.

    load: of the nets' capacitance, C V^2 / 2 a transition. clock: of the clock net and inside the
    flip-flops at its edges; without the buffers of its tree, which is built after placement.
    """

    cycles: int
    internal: float
    load: float
    clock: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.internal + self.load + self.clock

    @property
    def per_cycle(self) -> float:
        """fJ per clock cycle."""
        return self.total / self.cycles

    def __sub__(self, earlier: "Energy") -> "Energy":
        """What was spent since `earlier`."""
        return Energy(
            cycles=self.cycles - earlier.cycles,
            internal=self.internal - earlier.internal,
            load=self.load - earlier.load,
            clock=self.clock - earlier.clock,
        )


class GateSimulation:
    """Simulates `netlist` with one clock and no other timing than `period_ns` of it.

    glitches: outputs follow with the library's delays, pulses included; else once a cycle at most.
    Flip-flops and inputs start at 0. Input ports change with the rising edge, as if their drivers
    were registers without a delay. Loads are those of pins: before layout there are no wires.

    LibertyError where the library lacks a supply voltage, SynthesisToolError for what it lacks or
    the simulation cannot do, SynthesisInputError for ports that do not exist.
    """

    def __init__(
        self,
        netlist: Netlist,
        liberty: Liberty,
        *,
        period_ns: float,
        glitches: bool = True,
        clock: str = "clk",
    ) -> None:
        if liberty.voltage is None:
            raise LibertyError(
                f"library {liberty.name} has no nom_voltage: the energy of loads is not known; "
                "take another library for energy"
            )
        if clock not in netlist.inputs or len(netlist.inputs[clock]) != 1:
            raise SynthesisInputError(f"{netlist.name} has no clock '{clock}' of one bit")
        self.netlist, self.liberty = netlist, liberty
        self.compiled = compile_netlist(netlist, liberty, clock)
        self._conditions = conditions(netlist, liberty, self.compiled)
        (self._clock_net,) = netlist.inputs[clock]
        self._longest_ps = analyse(netlist, liberty).critical_path_ns * PS_PER_NS
        self._period_ps = period_ns * PS_PER_NS
        self._begin(glitches)

    def without_glitches(self) -> "GateSimulation":
        """Another one of the same netlist, at its start, that has no glitches."""
        twin = copy(self)
        twin._begin(glitches=False)
        return twin

    def _begin(self, glitches: bool) -> None:
        levels = int(self._conditions.levels.max(initial=0)) + 2
        times = int(_SLACK * self._longest_ps) + levels + 1
        self._half = round(self._period_ps / 2) if glitches else times
        self._state = _start(self.compiled, times, timed=glitches)
        order = np.argsort(self._conditions.levels, kind="stable")
        self.cycles = 0
        kernel.settle(self.compiled.arrays, order, self._state.values, self._state.state)
        kernel.capture(self.compiled.arrays, self._state)

    def step(self, inputs: Mapping[str, int]) -> None:
        """Simulate one clock cycle; ports named in `inputs` change to new values at its start."""
        changed = [self._changed(port, value) for port, value in inputs.items()]
        nets = np.concatenate([*changed, np.zeros(0, dtype=np.int32)])
        kernel.cycle(
            self.compiled.arrays,
            self._conditions,
            self._state,
            nets,
            self._clock_net,
            self._half,
        )
        if self._state.counters[1]:
            raise SynthesisToolError(
                f"{self.netlist.name}: a cycle has more than {len(self._state.node_out)} events, "
                f"or one later than {len(self._state.heads)} ps: raise _EVENTS_PER_INSTANCE or "
                "_SLACK in synth/energy/simulation.py"
            )
        self.cycles += 1

    def output(self, port: str) -> int:
        """Value of an output port at the end of the last cycle, its bits as an unsigned integer."""
        if port not in self.netlist.outputs:
            raise SynthesisInputError(f"{self.netlist.name} has no output '{port}'")
        bits = self._state.values[self.netlist.outputs[port]]
        return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")

    @property
    def energy(self) -> Energy:
        """Energy of all cycles so far."""
        state, volt = self._state, self.liberty.voltage or 0.0
        load = 0.5 * volt**2 * float(state.toggles @ self._conditions.load_ff)
        clock_load = self._conditions.load_ff[self._clock_net] * volt**2 * self.cycles
        return Energy(
            cycles=self.cycles,
            internal=float(state.internal.sum()),
            load=load,
            clock=float(state.clock.sum() + clock_load),
        )

    @property
    def toggles(self) -> NDArray[np.int64]:
        """Transitions of every net so far, those of open outputs behind the netlist's own."""
        return self._state.toggles.copy()

    @property
    def leakage_nw(self) -> float:
        """Leakage of all cells, the mean over the states of each."""
        counts = self.netlist.cells
        return sum(n * leakage(self.liberty.cells[cell]) for cell, n in counts.items())

    def _changed(self, port: str, value: int) -> NDArray[np.int32]:
        """Nets of an input port that differ from `value`."""
        nets = np.array(self.netlist.inputs.get(port, ()), dtype=np.int32)
        if not len(nets) or value < 0 or value >> len(nets):
            raise SynthesisInputError(
                f"{self.netlist.name}: no input '{port}' that could be {value}"
            )
        size = -(-len(nets) // 8)
        bits = np.unpackbits(
            np.frombuffer(value.to_bytes(size, "little"), dtype=np.uint8), bitorder="little"
        )
        return nets[bits[: len(nets)] != self._state.values[nets]]


def leakage(cell: Cell) -> float:
    """Leakage of a cell in nW; LibertyError where the library has none."""
    if cell.leakages:
        return float(np.mean([value for _, value in cell.leakages]))
    if cell.leakage_nw is None:
        raise LibertyError(
            f"the library gives no leakage of cell {cell.name}; take another library for energy"
        )
    return cell.leakage_nw


def _start(compiled: CompiledNetlist, times: int, *, timed: bool) -> kernel.State:
    count, nets = len(compiled.arrays.kind), compiled.net_count
    outs = count * MAX_OUTPUTS
    values = np.zeros(nets, dtype=np.uint8)
    values[ONE] = 1
    events = max(1024, count * _EVENTS_PER_INSTANCE)
    return kernel.State(
        values=values,
        toggles=np.zeros(nets, dtype=np.int64),
        state=np.zeros(count, dtype=np.uint8),
        next_state=np.zeros(count, dtype=np.uint8),
        flip_flops=compiled.flip_flops,
        internal=np.zeros(count),
        clock=np.zeros(count),
        pending=np.full(outs, -1, dtype=np.int32),
        cause=np.zeros(outs, dtype=np.int8),
        cause_state=np.zeros(outs, dtype=np.int16),
        heads=np.full(times, -1, dtype=np.int32),
        node_out=np.zeros(events, dtype=np.int32),
        node_next=np.zeros(events, dtype=np.int32),
        changed=np.zeros(outs, dtype=np.int32),
        counters=np.zeros(2, dtype=np.int64),
        timed=timed,
    )
