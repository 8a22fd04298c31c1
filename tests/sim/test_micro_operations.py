"""Micro-operations cover a window byte by byte; reads are counted as plain loops count them."""

from __future__ import annotations

from hypothesis import given

from hw.config import EngineConfig
from hw.engine.program import Opcode
from sim.micro_operations import (
    MicroOp,
    activation_reads,
    group_sizes,
    micro_operations,
    tile_starts,
)
from tests.helpers.descriptors import engine, operation, operations

CONFIG = engine(rows=2, columns=4, lanes=8, drain_columns=2)


def test_a_run_is_cut_at_the_line_and_at_the_lanes() -> None:
    """Words of 8 bytes: from byte 6 of one on, an access reaches 10 bytes, the lanes hold 8."""
    assert CONFIG.word_bytes == 8
    fields = operation(CONFIG, segment_bytes=11)
    assert micro_operations(fields, CONFIG, 6) == (MicroOp(0, 0, 8, True), MicroOp(0, 8, 3, True))
    narrow = engine(rows=1, columns=4, lanes=12, drain_columns=2)
    fields = operation(narrow, segment_bytes=12)
    assert micro_operations(fields, narrow, 7) == (
        MicroOp(0, 0, 9, False),
        MicroOp(0, 9, 3, True),
    )
    assert group_sizes(micro_operations(fields, narrow, 7)) == (2,)


@given(operations())
def test_every_byte_of_a_window_is_read_once_in_order(
    case: tuple[dict[str, int], EngineConfig],
) -> None:
    fields, config = case
    bytes_read, fill = [], 0
    found = micro_operations(fields, config, 3 % config.word_bytes)
    for index, (row, offset, size, closes) in enumerate(found, start=1):
        assert size <= config.line_bytes - (3 + offset) % config.word_bytes
        bytes_read += [(row, offset + byte) for byte in range(size)]
        fill += size
        assert fill <= config.array.lanes
        ends_run = fields["opcode"] == Opcode.MAX_POOL and fill == fields["segment_bytes"]
        assert closes == (fill == config.array.lanes or ends_run or index == len(found))
        fill = 0 if closes else fill
    assert bytes_read == [
        (row, segment * fields["segment_step"] + index)
        for row in range(fields["kernel_rows"])
        for segment in range(fields["segments"])
        for index in range(fields["segment_bytes"])
    ]
    assert sum(group_sizes(found)) == len(found)


@given(operations())
def test_words_read_are_those_inside_the_image(case: tuple[dict[str, int], EngineConfig]) -> None:
    fields, config = case
    assert activation_reads(fields, config) == plain_reads(fields, config)


def plain_reads(fields: dict[str, int], config: EngineConfig) -> int:
    """Reads, one array row of one micro-operation after the other."""
    width, count = config.word_bytes, 0
    for top in range(fields["tile_rows"] * config.array.rows):
        for start in tile_starts(fields).reshape(-1).tolist():
            for row, offset, size, _ in micro_operations(fields, config, start % width):
                y = fields["row_origin"] + top * fields["row_step"] + row
                if not 0 <= y < fields["input_height"]:
                    continue
                first, last = (start + offset) // width, (start + offset + size - 1) // width
                count += sum(
                    word >= 0 and word * width < fields["input_row_bytes"]
                    for word in range(first, last + 1)
                )
    return count
