"""Descriptor fields of small operations, for models that need no network."""

from __future__ import annotations

from math import ceil
from typing import Any

from hypothesis import strategies as st

from hw.config import ArrayConfig, EngineConfig
from hw.engine.program import Descriptor, Opcode


def engine(rows: int, columns: int, lanes: int, drain_columns: int) -> EngineConfig:
    """A small engine with memories that are large enough."""
    return EngineConfig(
        array=ArrayConfig(
            unit="pair_sum2",
            rows=rows,
            columns=columns,
            lanes=lanes,
            drain_columns=drain_columns,
        ),
        activation_lines=512,
        weight_words=4096,
        parameter_words=512,
        program_words=1024,
    )


def operation(config: EngineConfig, **fields: int) -> dict[str, int]:
    """A MAC of one window, one tile and one lane group of 2-bit weights, but for `fields`."""
    array = config.array
    one: dict[str, int] = {
        "opcode": Opcode.MAC,
        "bits": 2,
        "input_height": 64,
        "input_row_bytes": 4096,
        "row_step": 1,
        "kernel_rows": 1,
        "segments": 1,
        "segment_bytes": array.columns,
        "tile_rows": 1,
        "columns": 1,
        "groups": 1,
        "tiles": 1,
        "last_chunks": array.drain_beats,
    }
    known = dict.fromkeys(Descriptor.members, 0) | one | fields
    reduction = known["kernel_rows"] * known["segments"] * known["segment_bytes"]
    steps = ceil(reduction / array.lanes) * array.datapath.beats(known["bits"])
    derived = {
        "weight_steps": known["groups"] * known["tiles"] * steps,
        "output_height": known["tile_rows"] * array.rows,
    }
    return known | derived | fields


@st.composite
def operations(draw: Any) -> tuple[dict[str, int], EngineConfig]:
    """Operations of every kind on engines of several shapes."""
    drain = draw(st.sampled_from([1, 2, 4]))
    columns = drain * draw(st.sampled_from([1, 2, 4]))
    lanes = columns * draw(st.sampled_from([2, 4, 6]))
    config = engine(draw(st.sampled_from([1, 2, 4])), columns, lanes, drain)
    pool = draw(st.booleans())
    channelwise = pool or draw(st.booleans())
    rows = draw(st.integers(1, 12))
    fields = {
        "opcode": Opcode.MAX_POOL if pool else Opcode.MAC,
        "bits": draw(st.integers(2, 8)),
        "diagonal": int(channelwise and not pool),
        "residual": draw(st.integers(0, 1)),
        "input_height": draw(st.integers(1, 24)),
        "input_row_bytes": draw(st.integers(1, 120)),
        "row_origin": -draw(st.integers(0, 3)),
        "row_step": draw(st.integers(1, 2)),
        "column_origin": -draw(st.integers(0, 70)),
        "column_step": draw(st.integers(1, 24)),
        "kernel_rows": draw(st.integers(1, 3)),
        "segments": draw(st.integers(1, 3)),
        "segment_step": draw(st.integers(0, 20)),
        "segment_bytes": columns if channelwise else draw(st.integers(1, 40)),
        "tile_rows": rows,
        "columns": draw(st.integers(1, 6)),
        "groups": draw(st.integers(1, 2)),
        "group_step": draw(st.integers(0, 20)),
        "tiles": draw(st.integers(1, 3)),
        "tile_step": draw(st.integers(0, 20)),
        "last_chunks": draw(st.integers(1, config.array.drain_beats)),
        "output_height": rows * config.array.rows - draw(st.integers(0, config.array.rows - 1)),
    }
    return operation(config, **fields), config
