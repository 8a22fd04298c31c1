"""Edges of every handshake of the matrix unit, tile by tile, whatever its streams do.

The array and the requantizers are pipelines that stand still while what they have finished is
refused. From when the streams offer their beats follow the clock edges at which they are taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hw.array import ARRAY_LATENCY
from hw.requantizer import REQUANTIZER_LATENCY


class Stream(Protocol):
    """One stream of the matrix unit, seen from it."""

    def offered(self) -> int:
        """Edge at which the next beat can be taken at the earliest."""
        ...

    def take(self, edge: int) -> None:
        """The next beat is taken at `edge`."""
        ...


class PatternStream:
    """Offers each beat some idle cycles after the previous one was taken.

    gaps: the idle cycles, repeated where the stream is longer. last: edge before the first beat.
    """

    def __init__(self, gaps: Sequence[int], last: int = -1):
        self._gaps = gaps
        self._count = 0
        self._last = last

    def offered(self) -> int:
        """See `Stream`."""
        return self._last + 1 + self._gaps[self._count % len(self._gaps)]

    def take(self, edge: int) -> None:
        """See `Stream`."""
        self._last = edge
        self._count += 1

    def shift(self, cycles: int) -> None:
        """Move everything that happened so far `cycles` later."""
        self._last += cycles

    def state(self, base: int) -> tuple[int, ...]:
        """What the future depends on, edges counted from `base`."""
        return self._last - base, self._count % len(self._gaps)


@dataclass
class Pauses:
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
        if not self.ends or edge >= self.ends[-1]:
            return edge
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

    def forget_before(self, edge: int) -> None:
        """Drop what no question about edges from `edge` on can touch."""
        keep = bisect_right(self.ends, edge)
        del self.starts[:keep], self.ends[:keep]

    def shift(self, cycles: int) -> None:
        """Move all intervals `cycles` later."""
        self.starts = [edge + cycles for edge in self.starts]
        self.ends = [edge + cycles for edge in self.ends]

    def state(self, base: int) -> tuple[int, ...]:
        """The intervals, edges counted from `base`."""
        return tuple(
            edge - base for pair in zip(self.starts, self.ends, strict=True) for edge in pair
        )


class MatrixUnitTimeline:
    """Edges of every handshake, in order of the data's way through the matrix unit.

    beats: weight beats per group. drain_beats: of each tile.
    first_step, step: edges of the first and of the last step. out: edge of the last output beat.
    blocked: cycles in which the array stood still because a finished tile was refused.
    """

    def __init__(
        self,
        *,
        beats: int,
        drain_beats: int,
        activations: Stream,
        weights: Stream,
        parameters: Stream,
        output: Stream,
    ):
        self.step = self.out = -1
        self.blocked = 0
        self.first_step: int | None = None
        self._drained = -1
        self._beats, self._drain_beats = beats, drain_beats
        self._activations, self._weights = activations, weights
        self._parameters, self._output = parameters, output
        self._array_pauses, self._requantizer_pauses = Pauses(), Pauses()

    def tile(self, groups: int) -> None:
        """A tile of `groups` groups is filled and drained."""
        self._fill(groups)
        arrived = self._array_pauses.after(self.step, ARRAY_LATENCY - 1) + 1
        taken = max(arrived, self._drained)
        self._array_pauses.add(arrived, taken)
        self.blocked += taken - arrived
        self._drained = max(self._drained, taken)
        for _ in range(self._drain_beats):
            self._drain()

    def shift(self, cycles: int) -> None:
        """Move everything that happened so far `cycles` later."""
        self.step += cycles
        self.out += cycles
        self._drained += cycles
        self._array_pauses.shift(cycles)
        self._requantizer_pauses.shift(cycles)

    def state(self, base: int) -> tuple[object, ...]:
        """What the future depends on, the streams apart; edges counted from `base`."""
        self._array_pauses.forget_before(self.step + 1)
        self._requantizer_pauses.forget_before(self._drained + 1)
        return (
            self.step - base,
            self.out - base,
            self._drained - base,
            self._array_pauses.state(base),
            self._requantizer_pauses.state(base),
        )

    def _fill(self, groups: int) -> None:
        """Steps of a tile."""
        for _ in range(groups):
            for beat in range(self._beats):
                edge = max(self.step + 1, self._weights.offered())
                if beat == 0:
                    edge = max(edge, self._activations.offered())
                self.step = self._array_pauses.next_moving(edge)
                self._weights.take(self.step)
                if self.first_step is None:
                    self.first_step = self.step
                if beat == 0:
                    self._activations.take(self.step)

    def _drain(self) -> None:
        """The next drain beat enters the requantizers and leaves on the output."""
        edge = max(self._drained + 1, self._parameters.offered())
        entered = self._requantizer_pauses.next_moving(edge)
        self._parameters.take(entered)
        arrived = self._requantizer_pauses.after(entered, REQUANTIZER_LATENCY - 1) + 1
        left = max(arrived, self._output.offered())
        self._requantizer_pauses.add(arrived, left)
        self._output.take(left)
        self._drained, self.out = entered, left
