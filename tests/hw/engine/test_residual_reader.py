"""The residual reader: which words are read, and at which edge, between the writer's writes."""

from __future__ import annotations

import random

import pytest

from hw.config import EngineConfig
from hw.engine.residual_reader import ResidualReader
from tests.helpers.clocked import pulse, simulate

SEED = 13
FIELDS = {
    "residual": 1,
    "residual_base": 5,
    "residual_pitch": 3,
    "output_height": 7,
    "tile_rows": 4,
    "output_row_bytes": 17,
}
WORDS = 5  # of a row, four bytes each


@pytest.mark.parametrize("busy", [0.0, 0.5, 0.9])
def test_words_and_edges_equal_the_definition(config: EngineConfig, busy: float) -> None:
    rng, dut = random.Random(SEED), ResidualReader(config)
    places, reads, uses = [], [], []
    writes = [rng.random() < busy for _ in range(1000)]

    async def bench(ctx) -> None:
        ctx.set(dut.descriptor, FIELDS)
        await pulse(ctx, dut.start)
        for edge in range(1, 1000):
            ctx.set(dut.busy, writes[edge])
            use = ctx.get(dut.valid) and rng.random() < 0.5
            ctx.set(dut.take, use)
            *_, read, place, error = await ctx.tick().sample(dut.read, dut.place, dut.address_error)
            assert not error
            if use:
                uses.append(edge)
            if read:
                reads.append(edge)
                places.append((place.rows, place.upper, place.odd, place.line))
        assert not ctx.get(dut.valid)

    simulate(dut, bench)
    assert places == [
        (
            0b01 if tile_row == 3 else 0b11,
            tile_row % 2,
            word % 2,
            5 + tile_row // 2 * 3 + word // 2,
        )
        for tile_row in range(4)
        for word in range(WORDS)
    ]
    assert len(uses) == len(reads)
    for read, earliest in zip(reads, [1, *uses], strict=False):
        assert read == next(edge for edge in range(earliest, 1000) if not writes[edge])


@pytest.mark.parametrize(("base", "errors"), [(61, 0), (62, 1)])
def test_words_beyond_the_memory_are_reported(config: EngineConfig, base: int, errors: int) -> None:
    """A row of five words takes three lines; the last of them is line base + 2."""
    dut, seen = ResidualReader(config), []

    async def bench(ctx) -> None:
        ctx.set(dut.descriptor, FIELDS | {"residual_base": base, "tile_rows": 1})
        await pulse(ctx, dut.start)
        for _ in range(20):
            ctx.set(dut.take, ctx.get(dut.valid))
            *_, wrong = await ctx.tick().sample(dut.address_error)
            seen.append(wrong)

    simulate(dut, bench)
    assert sum(seen) == errors


def test_a_layer_without_residual_reads_nothing(config: EngineConfig) -> None:
    dut, reads = ResidualReader(config), 0

    async def bench(ctx) -> None:
        nonlocal reads
        ctx.set(dut.descriptor, FIELDS | {"residual": 0})
        await pulse(ctx, dut.start)
        for _ in range(10):
            *_, read = await ctx.tick().sample(dut.read)
            reads += read

    simulate(dut, bench)
    assert reads == 0
