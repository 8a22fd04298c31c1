"""Clock cycles of a layer on the matrix unit, equal to what the simulation counts.

Cycles run from the clock edge at which the first weight beat can be taken up to and including the
one at which the last output beat is taken. Without stalls there is a closed form (`layer_cycles`);
with stalls on the streams the same pipeline gives a recurrence over the beats (`stalled_cycles`,
on `sim.matrix_unit_timeline`), which equals the closed form where nothing stalls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from compiler.plan import LayerPlan
from hw.matrix_unit import MATRIX_UNIT_LATENCY
from sim.errors import StallError
from sim.matrix_unit_timeline import MatrixUnitTimeline, PatternStream


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


def stalled_cycles(plan: LayerPlan, stalls: Stalls) -> int:
    """Cycles of a layer whose streams stall as told."""
    timeline = MatrixUnitTimeline(
        beats=plan.beats,
        drain_beats=plan.config.drain_beats,
        activations=PatternStream(stalls.activations),
        weights=PatternStream(stalls.weights),
        parameters=PatternStream(stalls.parameters),
        output=PatternStream(stalls.output),
    )
    for _ in range(plan.tile_count):
        timeline.tile(plan.groups)
    return timeline.out + 1
