"""Edges of what surrounds the matrix unit in the engine: fetch, pool, residual reader, writer.

Edges count from `launch`, the one at which the units see a descriptor. Every class has `shift` and
`state` so that a layer that repeats itself need not be followed to its end (`sim.engine_model`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hw.config import EngineConfig
from hw.engine.residual_add import ADD_LATENCY


class Fetch:
    """Micro-ops are issued, read memory and fill the group register; the next group waits there.

    Issue, write: edges of the last micro-op's memory read and of its write into the register.
    """

    def __init__(self) -> None:
        self._issue = self._write = self._taken = 0
        self._groups: Sequence[int] = ()
        self._next = 0

    def tile(self, groups: Sequence[int]) -> None:
        """The next tile's groups take so many micro-ops each."""
        self._groups, self._next = groups, 0

    def offered(self) -> int:
        """Edge at which the next group can be taken at the earliest; asked once per group."""
        for _ in range(self._groups[self._next]):
            self._issue = max(self._issue + 1, self._write)
            self._write = max(self._issue + 1, self._taken)
        self._next += 1
        return self._write + 1

    def take(self, edge: int) -> None:
        """The group is taken at `edge`."""
        self._taken = edge

    def shift(self, cycles: int) -> None:
        """Move everything that happened so far `cycles` later."""
        self._issue += cycles
        self._write += cycles
        self._taken += cycles

    def state(self, base: int) -> tuple[int, ...]:
        """What the future depends on between two tiles, edges counted from `base`."""
        return self._issue - base, self._write - base, self._taken - base


@dataclass(frozen=True, kw_only=True)
class OutputRow:
    """How the beats of one row of tiles become memory words.

    drain_columns, word_bytes: channels per beat, bytes per memory word. tile_beats: beats of a
    tile. tiles: of a group. last_chunks: beats of a group's last tile that are written.
    chunks: beats that are written in the row.
    """

    drain_columns: int
    word_bytes: int
    tile_beats: int
    tiles: int
    last_chunks: int
    chunks: int

    @classmethod
    def of(cls, fields: dict[str, int], config: EngineConfig) -> OutputRow:
        """The row of a descriptor."""
        beats = config.array.drain_beats
        chunks = (fields["tiles"] - 1) * beats + fields["last_chunks"]
        return cls(
            drain_columns=config.array.drain_columns,
            word_bytes=config.word_bytes,
            tile_beats=beats,
            tiles=fields["tiles"],
            last_chunks=fields["last_chunks"],
            chunks=fields["columns"] * fields["groups"] * chunks,
        )

    @property
    def words(self) -> int:
        """Memory words of the row."""
        return -(-self.chunks * self.drain_columns // self.word_bytes)

    def written(self, beat: int) -> bool:
        """Whether beat `beat`, counted through the row's tiles, is written."""
        tile, chunk = divmod(beat, self.tile_beats)
        return chunk < self.last_chunks or tile % self.tiles != self.tiles - 1

    def ends_word(self, chunk: int) -> bool:
        """Whether written beat `chunk` of the row is the last one of its word."""
        return (chunk + 1) * self.drain_columns % self.word_bytes == 0 or chunk + 1 == self.chunks


class Output:
    """The way of the beats behind the matrix or pool unit: residual word, adder, writer.

    The residual reader gets the memory port at an edge at which the writer does not write.
    """

    def __init__(self, row: OutputRow, *, residual: bool):
        self._row, self._residual = row, residual
        self._left = 0
        self._beat = self._chunk = 0
        self._word_read = 1
        self._writes: list[int] = []

    def row(self) -> None:
        """The next row of tiles begins."""
        self._beat = self._chunk = 0

    def offered(self) -> int:
        """Edge at which the next beat can leave at the earliest."""
        if self._residual and self._row.written(self._beat):
            return max(self._left, self._word_read) + 1
        return self._left + 1

    def take(self, edge: int) -> None:
        """The next beat leaves at `edge`."""
        self._left = edge
        if self._row.written(self._beat):
            if self._row.ends_word(self._chunk):
                self._end_word(edge)
            self._chunk += 1
        self._beat += 1

    def _end_word(self, edge: int) -> None:
        """Its word is written, and the residual's next one read where the port is free."""
        self._writes = [write for write in self._writes if write >= edge] + [edge + ADD_LATENCY]
        self._word_read = edge
        while self._word_read in self._writes:
            self._word_read += 1

    def shift(self, cycles: int) -> None:
        """Move everything that happened so far `cycles` later."""
        self._left += cycles
        self._word_read += cycles
        self._writes = [write + cycles for write in self._writes]

    def state(self, base: int) -> tuple[object, ...]:
        """What the future depends on between two rows, edges counted from `base`."""
        writes = tuple(write - base for write in self._writes if write >= self._left)
        return self._left - base, self._word_read - base, writes


class PoolTimeline:
    """Edges of the pool unit's handshakes: a window's groups in, its result out in beats.

    out: edge of the last beat so far.
    """

    def __init__(self, *, drain_beats: int, groups: Fetch, output: Output):
        self.out = 0
        self._drain_beats, self._groups, self._output = drain_beats, groups, output

    def tile(self, groups: int) -> None:
        """A window of `groups` groups; its last one waits until the result before has left."""
        for _ in range(groups - 1):
            self._groups.take(self._groups.offered())
        self.out = max(self._groups.offered(), self.out)
        self._groups.take(self.out)
        for _ in range(self._drain_beats):
            self.out = max(self.out + 1, self._output.offered())
            self._output.take(self.out)

    def shift(self, cycles: int) -> None:
        """Move everything that happened so far `cycles` later."""
        self.out += cycles

    def state(self, base: int) -> tuple[int, ...]:
        """What the future depends on, edges counted from `base`."""
        return (self.out - base,)
