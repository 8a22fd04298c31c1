"""The place of every output beat, and the words that a tensor's rows consist of."""

from __future__ import annotations

import random
from itertools import product

import pytest

from hw.config import EngineConfig
from hw.engine.chunks import ChunkCounter
from hw.engine.word_pointer import WordPointer
from tests.helpers.clocked import pulse, simulate

SEED = 11


def layer(rng: random.Random, config: EngineConfig) -> dict[str, int]:
    names = ("tile_rows", "columns", "groups", "tiles")
    return {name: rng.randint(1, 3) for name in names} | {
        "last_chunks": rng.randint(1, config.array.drain_beats)
    }


def expected_places(fields: dict[str, int], config: EngineConfig) -> list[dict[str, int]]:
    array = config.array
    slots = config.word_bytes // array.drain_columns
    places = []
    row_tiles = list(product(*(range(fields[n]) for n in ("columns", "groups", "tiles"))))
    row_chunks = fields["columns"] * fields["groups"]
    row_chunks *= (fields["tiles"] - 1) * array.drain_beats + fields["last_chunks"]
    for tile_row in range(fields["tile_rows"]):
        kept = 0
        for index, (_, _, tile) in enumerate(row_tiles):
            for chunk in range(array.drain_beats):
                keep = tile < fields["tiles"] - 1 or chunk < fields["last_chunks"]
                ends_row = keep and kept == row_chunks - 1
                last_tile = tile_row == fields["tile_rows"] - 1 and index == len(row_tiles) - 1
                place = {
                    "keep": int(keep),
                    "closes_word": int(keep and (kept % slots == slots - 1 or ends_row)),
                    "ends_row": int(ends_row),
                    "last": int(last_tile and chunk == array.drain_beats - 1),
                }
                places.append(place | ({"slot": kept % slots} if keep else {}))
                kept += keep
    return places


@pytest.mark.parametrize("name", ["config", "wide"])
def test_places_equal_the_definition(name: str, request) -> None:
    config: EngineConfig = request.getfixturevalue(name)
    rng, dut = random.Random(SEED), ChunkCounter(config)

    async def bench(ctx) -> None:
        for _ in range(12):
            fields = layer(rng, config)
            ctx.set(dut.descriptor, fields)
            await pulse(ctx, dut.start)
            for place in expected_places(fields, config):
                if rng.getrandbits(1):
                    await ctx.tick()
                got = {key: ctx.get(dut.place[key]) for key in place}
                # What a dropped beat says of its word is never used.
                assert got == place or (not place["keep"] and got | {"closes_word": 0} == place)
                await pulse(ctx, dut.advance)

    simulate(dut, bench)


@pytest.mark.parametrize("height", [1, 2, 5])
@pytest.mark.parametrize("words", [1, 2, 5])
def test_the_pointer_walks_rows_word_by_word(config: EngineConfig, height: int, words: int) -> None:
    dut, base, pitch = WordPointer(config), 7, 4
    rows = config.array.rows

    async def bench(ctx) -> None:
        for name, value in (("base", base), ("pitch", pitch), ("height", height)):
            ctx.set(getattr(dut, name), value)
        await pulse(ctx, dut.start)
        for tile_row, word in product(range(6), range(words)):
            bank, round_ = tile_row * rows % config.banks, tile_row * rows // config.banks
            inside = sum(1 << row for row in range(rows) if tile_row * rows + row < height)
            place = ctx.get(dut.place)
            assert (place.rows, place.upper, place.odd, place.line) == (
                inside,
                bank // rows,
                word % 2,
                base + round_ * pitch + word // 2,
            )
            await ctx.tick()
            ctx.set(dut.next_row, word == words - 1)
            await pulse(ctx, dut.next_word)
            ctx.set(dut.next_row, 0)

    simulate(dut, bench)


def test_rows_behind_the_largest_height_stay_outside(config: EngineConfig) -> None:
    """The row's counter has as many bits as a height: it must not come round to row 0."""
    dut, seen = WordPointer(config), []

    async def bench(ctx) -> None:
        ctx.set(dut.height, 4095)
        await pulse(ctx, dut.start)
        ctx.set(dut.next_row, 1)
        await ctx.tick().repeat(4094 // 2)
        seen.append(ctx.get(dut.place.rows))
        for _ in range(3):
            await ctx.tick()
            seen.append(ctx.get(dut.place.rows))

    simulate(dut, bench)
    assert seen == [0b01, 0, 0, 0]
