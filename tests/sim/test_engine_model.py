"""The engine's cycle model: small cases by hand, and the short cut is none of the result's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hw.config import EngineConfig
from hw.engine.program import Opcode
from sim.engine_model import operation_timing
from tests.helpers.descriptors import engine, operation, operations

CONFIG = engine(rows=1, columns=4, lanes=8, drain_columns=2)


def test_one_step_by_hand() -> None:
    """Micro-op at 1, group at 2, step at 3, tile at 6, beats enter at 7, 8, leave at 10, 11."""
    timing = operation_timing(operation(CONFIG), CONFIG)
    assert timing.cycles == 11 + 2
    assert (timing.steps, timing.blocked, timing.starved) == (1, 0, 0)
    assert (timing.weight_reads, timing.parameter_reads) == (1, 2)
    assert (timing.activation_reads, timing.activation_writes) == (1, 1)


def test_a_residual_that_is_there_costs_nothing() -> None:
    fields = operation(CONFIG, residual=1)
    assert operation_timing(fields, CONFIG).cycles == 11 + 2
    assert operation_timing(fields, CONFIG).residual_reads == 1


@pytest.mark.parametrize(("bits", "beats"), [(2, 1), (3, 2), (8, 4)])
def test_steps_hide_fetch_and_drain(bits: int, beats: int) -> None:
    """Three groups of one micro-op each: 3 * beats steps a tile, the last one as `one step`."""
    fields = operation(CONFIG, bits=bits, kernel_rows=3, segment_bytes=8, columns=5)
    timing = operation_timing(fields, CONFIG)
    assert timing.steps == 5 * 3 * beats
    assert timing.cycles == 2 + timing.steps + (11 - 3) + 2
    assert (timing.blocked, timing.starved) == (0, 0)


def test_drain_limits_short_reductions() -> None:
    """A tile a step, but two beats to drain: from the third tile on the array waits."""
    timing = operation_timing(operation(CONFIG, columns=6), CONFIG)
    assert timing.steps == 6
    assert timing.cycles == 13 + 5 * 2
    assert timing.blocked > 0


def test_fetch_limits_windows_of_many_runs() -> None:
    """Four runs of two bytes fill a group: a step every four cycles, the first one at 6."""
    fields = operation(CONFIG, segments=4, segment_step=16, segment_bytes=2, columns=3)
    timing = operation_timing(fields, CONFIG)
    assert timing.steps == 3
    assert timing.cycles == 13 + 3 + 2 * 4
    assert timing.starved == 2 * 3


def test_pool_by_hand() -> None:
    """Group at 2, taken at 3, beats leave at 4 and 5. The next window's two groups hide in them."""
    fields = operation(CONFIG, opcode=Opcode.MAX_POOL, segment_bytes=4)
    assert operation_timing(fields, CONFIG).cycles == 5 + 2
    fields = operation(CONFIG, opcode=Opcode.MAX_POOL, segment_bytes=4, columns=3)
    assert operation_timing(fields, CONFIG).cycles == 5 + 2 * 2 + 2
    fields = operation(CONFIG, opcode=Opcode.MAX_POOL, segment_bytes=4, segments=3, columns=3)
    timing = operation_timing(fields, CONFIG)
    assert timing.cycles == 5 + 2 + 2 * 3 + 2
    assert (timing.steps, timing.weight_reads, timing.parameter_reads) == (0, 0, 0)


def test_residual_waits_for_the_port() -> None:
    """A word a beat. Beats leave at 4, 5 and 6, their words are written at 6, 7 and 8: the next
    residual word is read at 9 and its beat leaves at 10, and so on: at 16 and 17 the last two.
    """
    config = engine(rows=1, columns=4, lanes=6, drain_columns=4)
    assert config.word_bytes == 4
    fields = operation(config, opcode=Opcode.MAX_POOL, residual=1, columns=8)
    timing = operation_timing(fields, config)
    assert timing.cycles == 17 + 2
    assert timing.residual_reads == timing.activation_writes == 8
    assert operation_timing(fields | {"residual": 0}, config).cycles == 4 + 7 + 2


def test_rows_beyond_the_output_are_neither_written_nor_added() -> None:
    config = engine(rows=4, columns=4, lanes=8, drain_columns=2)
    fields = operation(config, residual=1, tile_rows=2, output_height=5)
    timing = operation_timing(fields, config)
    assert (timing.activation_writes, timing.residual_reads) == (5, 5)


def test_diagonal_words_are_read_once_for_columns_beats() -> None:
    fields = operation(
        CONFIG, diagonal=1, bits=8, kernel_rows=3, segments=3, segment_bytes=4, columns=2
    )
    timing = operation_timing(fields, CONFIG)
    assert fields["weight_steps"] == 5 * 4
    assert timing.weight_reads == 2 * 5


@settings(max_examples=200)
@given(operations())
def test_stopping_where_it_repeats_changes_nothing(
    case: tuple[dict[str, int], EngineConfig],
) -> None:
    fields, config = case
    assert operation_timing(fields, config) == operation_timing(fields, config, follow_all=True)
