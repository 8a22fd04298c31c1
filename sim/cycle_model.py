"""Clock cycles of a layer on the matrix unit, equal to what the simulation counts.

Cycles run from the clock edge at which the first weight beat can be taken up to and including the
one at which the last output beat is taken. Without stalls there is a closed form (`layer_cycles`);
with stalls on the streams the same pipeline gives a recurrence over the beats (`stalled_cycles`),
which equals the closed form where nothing stalls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from compiler.plan import LayerPlan
from hw.array import ARRAY_LATENCY
from hw.matrix_unit import MATRIX_UNIT_LATENCY
from hw.requantizer import REQUANTIZER_LATENCY
from sim.errors import StallError


def layer_cycles(plan: LayerPlan) -> int:
    """Cycles of a layer that never waits for its streams.

    S steps fill a tile, D beats drain it while the next one fills; the slower of the two sets the
    pace: S + D + (tiles - 1) * max(S, D) + latency - 1.
    """
    steps, drain = plan.steps_per_tile, plan.config.drain_beats
    pace = max(steps, drain)
    return steps + drain + (plan.tile_count - 1) * pace + MATRIX_UNIT_LATENCY - 1


def utilization(plan: LayerPlan) -> float:
    """Useful multiply-accumulates over those the array could do at this width in these cycles."""
    return plan.macs / (layer_cycles(plan) * plan.config.macs_per_cycle(plan.bits))


@dataclass(frozen=True, kw_only=True)
class Stalls:
    """Idle cycles before each beat of a stream is offered, counted from the previous beat's edge.

    For `output` they are the cycles for which the receiver refuses. Sequences are repeated where a
    stream is longer. Raises StallError for an empty pattern or a negative length.
    """

    activations: Sequence[int] = (0,)
    weights: Sequence[int] = (0,)
    parameters: Sequence[int] = (0,)
    output: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        for stream in fields(self):
            pattern = getattr(self, stream.name)
            if not len(pattern) or min(pattern) < 0:
                raise StallError(
                    f"stalls of {stream.name} must be one or more lengths of at least 0, "
                    f"not {pattern!r}"
                )


@dataclass
class _Pauses:
    """Disjoint, ascending intervals of clock edges at which a pipeline stands still."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        """Stand still at edges start .. end - 1."""
        if end > start:
            self.starts.append(start)
            self.ends.append(end)

    def next_moving(self, edge: int) -> int:
        """First edge at or after `edge` at which the pipeline moves."""
        index = bisect_right(self.starts, edge) - 1
        while index >= 0 and index < len(self.starts) and self.starts[index] <= edge:
            if edge < self.ends[index]:
                edge = self.ends[index]
            index += 1
        return edge

    def after(self, edge: int, moves: int) -> int:
        """Edge of the `moves`-th move after `edge`."""
        for _ in range(moves):
            edge = self.next_moving(edge + 1)
        return edge


class _Stream:
    """Offers the beats of one stream, each some idle cycles after the previous one was taken."""

    def __init__(self, gaps: Sequence[int]):
        self._gaps = gaps
        self._count = 0
        self._last = -1

    def offered(self) -> int:
        """Edge at which the next beat can be taken at the earliest."""
        return self._last + 1 + self._gaps[self._count % len(self._gaps)]

    def take(self, edge: int) -> None:
        """The next beat is taken at `edge`."""
        self._last = edge
        self._count += 1


def stalled_cycles(plan: LayerPlan, stalls: Stalls) -> int:
    """Cycles of a layer whose streams stall as told."""
    return _Timeline(plan, stalls).run()


class _Timeline:
    """Edges of every handshake, in order of the data's way through the matrix unit."""

    def __init__(self, plan: LayerPlan, stalls: Stalls):
        self.plan = plan
        self.activations = _Stream(stalls.activations)
        self.weights = _Stream(stalls.weights)
        self.parameters = _Stream(stalls.parameters)
        self.output = _Stream(stalls.output)
        self.array_pauses, self.requantizer_pauses = _Pauses(), _Pauses()

    def run(self) -> int:
        """Cycles up to and including the last output beat."""
        drained = step = beat = out = -1
        for _ in range(self.plan.tile_count):
            step = self._fill(step)
            arrived = self.array_pauses.after(step, ARRAY_LATENCY - 1) + 1
            taken = max(arrived, drained)
            self.array_pauses.add(arrived, taken)
            beat = max(beat, taken)
            for _ in range(self.plan.config.drain_beats):
                beat, out = self._drain(beat)
            drained = beat
        return out + 1

    def _fill(self, step: int) -> int:
        """Edge of the tile's last step, given that of the step before the tile."""
        for _ in range(self.plan.groups):
            for beat in range(self.plan.beats):
                edge = max(step + 1, self.weights.offered())
                if beat == 0:
                    edge = max(edge, self.activations.offered())
                step = self.array_pauses.next_moving(edge)
                self.weights.take(step)
                if beat == 0:
                    self.activations.take(step)
        return step

    def _drain(self, beat: int) -> tuple[int, int]:
        """Edges at which the next drain beat enters the requantizers and leaves on the output."""
        edge = max(beat + 1, self.parameters.offered())
        entered = self.requantizer_pauses.next_moving(edge)
        self.parameters.take(entered)
        arrived = self.requantizer_pauses.after(entered, REQUANTIZER_LATENCY - 1) + 1
        left = max(arrived, self.output.offered())
        self.requantizer_pauses.add(arrived, left)
        self.output.take(left)
        return entered, left
