"""The fetch's micro-operations: how the runs of a window become memory reads and groups."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw.config import EngineConfig
from hw.engine.program import Opcode


class MicroOp(NamedTuple):
    """One read of the fetch: `size` bytes from byte `offset` of the tile's first run's row on.

    row: kernel row. closes: the group is complete with it.
    """

    row: int
    offset: int
    size: int
    closes: bool


def tile_starts(fields: dict[str, int]) -> NDArray[np.int64]:
    """Byte of the image row at which each tile's first run begins: [column, group, tile]."""
    columns, groups, tiles = np.ogrid[: fields["columns"], : fields["groups"], : fields["tiles"]]
    return (
        fields["column_origin"]
        + columns * fields["column_step"]
        + groups * fields["group_step"]
        + tiles * fields["tile_step"]
    )


def micro_operations(
    fields: dict[str, int], config: EngineConfig, phase: int
) -> tuple[MicroOp, ...]:
    """Reads of a tile whose first run begins at byte `phase` of a memory word, in order."""
    names = ("kernel_rows", "segments", "segment_step", "segment_bytes", "opcode")
    return _micro_operations(*(fields[name] for name in names), config, phase)


@lru_cache(maxsize=4096)
def _micro_operations(
    kernel_rows: int,
    segments: int,
    segment_step: int,
    segment_bytes: int,
    opcode: int,
    config: EngineConfig,
    phase: int,
) -> tuple[MicroOp, ...]:
    lanes, found, fill = config.array.lanes, [], 0
    for row in range(kernel_rows):
        for segment in range(segments):
            offset, end = segment * segment_step, segment * segment_step + segment_bytes
            while offset < end:
                room = config.line_bytes - (phase + offset) % config.word_bytes
                size = min(end - offset, lanes - fill, room)
                fill += size
                offset += size
                window_ends = opcode == Opcode.MAX_POOL and offset == end
                closes = fill == lanes or window_ends
                found.append(MicroOp(row, offset - size, size, closes))
                fill = 0 if closes else fill
    found[-1] = found[-1]._replace(closes=True)
    return tuple(found)


@lru_cache(maxsize=4096)
def group_sizes(operations: tuple[MicroOp, ...]) -> tuple[int, ...]:
    """How many micro-operations each group takes."""
    ends = [index for index, operation in enumerate(operations, start=1) if operation.closes]
    return tuple(end - start for start, end in zip([0, *ends], ends, strict=False))


def activation_reads(fields: dict[str, int], config: EngineConfig) -> int:
    """Memory words that the fetch reads: those that are inside the image, in all rows."""
    first = fields["row_origin"] + fields["row_step"] * np.arange(
        fields["tile_rows"] * config.array.rows
    )
    inside = [
        int(((first + row >= 0) & (first + row < fields["input_height"])).sum())
        for row in range(fields["kernel_rows"])
    ]
    width, total = config.word_bytes, 0
    starts = tile_starts(fields).reshape(-1)
    for phase in np.unique(starts % width).tolist():
        positions = starts[starts % width == phase]
        for row, offset, size, _ in micro_operations(fields, config, phase):
            byte = positions + offset
            word = byte // width
            reads = (word >= 0) & (word * width < fields["input_row_bytes"])
            more = (size > width - byte % width) & (word >= -1)
            reads_next = more & ((word + 1) * width < fields["input_row_bytes"])
            total += inside[row] * int(reads.sum() + reads_next.sum())
    return total
