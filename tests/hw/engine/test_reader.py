"""The sequential reader: addresses, prefetch without bubbles, no read too many."""

from __future__ import annotations

import pytest

from hw.engine.reader import SequentialReader
from tests.helpers.clocked import pulse, simulate

DEPTH = 40


def read_layer(
    beats: int, positions: tuple[int, int], takes: list[int], words: int = 1, base: int = 3
) -> tuple[list[int], list[int], list[int]]:
    """Edges of the reads, their addresses, edges of the beats; edge 0 sees `start`.

    takes: 1 at the edges at which a valid beat is taken; repeated. words: beats per word.
    """
    dut = SequentialReader(DEPTH)
    reads: list[int] = []
    addresses: list[int] = []
    taken: list[int] = []
    tile_rows, columns = positions

    async def bench(ctx) -> None:
        setup = {"base": base, "beats": beats, "tile_rows": tile_rows, "columns": columns}
        ctx.set(dut.setup, setup)
        await pulse(ctx, dut.start)
        total = beats * tile_rows * columns
        for edge in range(1, 5 * total + 10):
            ready = takes[edge % len(takes)]
            ctx.set(dut.take, ready & ctx.get(dut.valid))
            ctx.set(dut.keep, len(taken) % beats % words != words - 1)
            *_, read, address, take = await ctx.tick().sample(dut.read, dut.address, dut.take)
            if read:
                reads.append(edge)
                addresses.append(address)
            if take:
                taken.append(edge)
        assert not ctx.get(dut.valid)

    simulate(dut, bench)
    return reads, addresses, taken


@pytest.mark.parametrize("beats", [1, 2, 5])
@pytest.mark.parametrize("positions", [(1, 1), (3, 1), (2, 3)])
def test_a_beat_every_cycle_from_the_second_on(beats: int, positions: tuple[int, int]) -> None:
    reads, addresses, taken = read_layer(beats, positions, [1])
    total = beats * positions[0] * positions[1]
    assert reads == list(range(1, 1 + total))
    assert addresses == [3 + beat % beats for beat in range(total)]
    assert taken == list(range(2, 2 + total))


def test_refused_beats_stay_and_the_next_word_is_read_as_one_is_taken() -> None:
    reads, addresses, taken = read_layer(4, (2, 2), [0, 0, 1, 0, 1])
    assert len(taken) == 16
    assert reads == [1, *taken[:-1]]
    assert addresses == [3 + beat % 4 for beat in range(16)]


def test_words_that_serve_several_beats_are_read_once() -> None:
    """Seven beats take three words of three; the next position starts with its first word."""
    reads, addresses, taken = read_layer(7, (1, 2), [1], words=3)
    assert addresses == [3, 4, 5, 3, 4, 5]
    assert taken == list(range(2, 2 + 14))
    assert reads == [1, taken[2], taken[5], taken[6], taken[9], taken[12]]


@pytest.mark.parametrize(("base", "errors"), [(DEPTH - 3, 0), (DEPTH - 2, 1), (65_535, 3)])
def test_words_beyond_the_memory_are_reported(base: int, errors: int) -> None:
    dut = SequentialReader(DEPTH)
    seen = []

    async def bench(ctx) -> None:
        ctx.set(dut.setup, {"base": base, "beats": 3, "tile_rows": 1, "columns": 1})
        await pulse(ctx, dut.start)
        for _ in range(8):
            ctx.set(dut.take, ctx.get(dut.valid))
            *_, wrong = await ctx.tick().sample(dut.out_of_range)
            seen.append(wrong)

    simulate(dut, bench)
    assert sum(seen) == errors
