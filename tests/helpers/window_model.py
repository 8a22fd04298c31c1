"""Micro-ops of a layer in plain loops, and random descriptors to try them with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from hw.config import EngineConfig
from hw.engine.program import Opcode

Fields = dict[str, int]


@dataclass(frozen=True)
class Access:
    """A micro-op; row: image row of the array's first row."""

    row: int
    position: int
    count: int
    fill: int
    closes_group: int
    last: int


def micro_ops(fields: Fields, config: EngineConfig) -> Iterator[Access]:
    """All of the layer in their order."""
    ranges = [range(fields[name]) for name in ("tile_rows", "columns", "groups", "tiles")]
    for tile_row, column, group, tile in product(*ranges):
        yield from _window(
            fields,
            config,
            fields["row_origin"] + tile_row * config.array.rows * fields["row_step"],
            fields["column_origin"]
            + column * fields["column_step"]
            + group * fields["group_step"]
            + tile * fields["tile_step"],
        )


def _window(fields: Fields, config: EngineConfig, top: int, first: int) -> Iterator[Access]:
    lanes, fill = config.array.lanes, 0
    runs = list(product(range(fields["kernel_rows"]), range(fields["segments"])))
    for index, (row, segment) in enumerate(runs):
        position, left = first + segment * fields["segment_step"], fields["segment_bytes"]
        while left:
            reach = config.line_bytes - position % config.word_bytes
            count = min(left, lanes - fill, reach)
            ends_run = count == left
            last = ends_run and index == len(runs) - 1
            pool = fields["opcode"] == Opcode.MAX_POOL
            closes = fill + count == lanes or last or (pool and ends_run)
            yield Access(top + row, position, count, fill, int(closes), int(last))
            fill = 0 if closes else fill + count
            position, left = position + count, left - count


def random_windows(rng: random.Random, config: EngineConfig, opcode: Opcode) -> Fields:
    """A descriptor's window fields: few windows, ragged runs, some of them outside the image."""
    pool = opcode == Opcode.MAX_POOL
    return {
        "opcode": opcode,
        "row_origin": rng.randint(-3, 2),
        "row_step": rng.randint(1, 2),
        "column_origin": rng.randint(-20, 5),
        "column_step": rng.randint(0, 20),
        "kernel_rows": rng.randint(1, 3),
        "segments": rng.randint(1, 3),
        "segment_step": rng.randint(1, 9),
        "segment_bytes": config.array.columns if pool else rng.randint(1, 30),
        "tile_rows": rng.randint(1, 3),
        "columns": rng.randint(1, 3),
        "groups": rng.randint(1, 2),
        "group_step": rng.randint(0, 9),
        "tiles": rng.randint(1, 2),
        "tile_step": rng.randint(0, 9),
        "input_base": rng.randint(0, 9),
        "input_pitch": 6,
        "input_height": rng.randint(1, 7),
        "input_row_bytes": rng.randint(1, 6 * config.line_bytes),
        "pad_code": rng.randint(0, 255),
    }
