"""The pool unit: largest codes, and the edges at which groups are taken and beats leave."""

from __future__ import annotations

import random

import pytest

from hw.config import EngineConfig
from hw.engine.pool import Pool
from tests.helpers.clocked import simulate

SEED = 9
Codes = list[list[int]]


def pooled(
    config: EngineConfig, windows: list[list[Codes]], takes: list[int]
) -> tuple[list[Codes], list[int], list[int]]:
    """Beats [row][column], edges at which the groups were taken, and at which the beats left."""
    dut = Pool(config)
    groups = [(codes, index == len(w) - 1) for w in windows for index, codes in enumerate(w)]
    beats: list[Codes] = []
    taken: list[int] = []
    left: list[int] = []

    async def bench(ctx) -> None:
        edge = 0
        while len(beats) < len(windows) * config.array.drain_beats:
            ctx.set(dut.groups.valid, len(taken) < len(groups))
            codes, last = groups[min(len(taken), len(groups) - 1)]
            ctx.set(dut.groups.payload, {"codes": codes, "last": last})
            ctx.set(dut.output.ready, takes[edge % len(takes)])
            *_, take, beat, payload = await ctx.tick().sample(
                dut.groups.valid & dut.groups.ready,
                dut.output.valid & dut.output.ready,
                dut.output.payload,
            )
            if take:
                taken.append(edge)
            if beat:
                beats.append([list(row) for row in payload])
                left.append(edge)
            edge += 1
            assert edge < 1000, "the pool unit does not finish"

    simulate(dut, bench)
    return beats, taken, left


@pytest.mark.parametrize("takes", [[1], [0, 1, 1, 0, 0, 0]])
def test_largest_codes_and_edges(wide: EngineConfig, takes: list[int]) -> None:
    rng, array = random.Random(SEED), wide.array
    windows = [
        [
            [[rng.randint(0, 255) for _ in range(array.lanes)] for _ in range(array.rows)]
            for _ in range(size)
        ]
        for size in (1, 4, 1, 1, 2, 9, 1)
    ]
    beats, taken, left = pooled(wide, windows, takes)
    expected, edges, exits = [], [], []
    take = leave = -1
    for window in windows:
        largest = [
            [max(codes[row][column] for codes in window) for column in range(array.columns)]
            for row in range(array.rows)
        ]
        for start in range(0, array.columns, array.drain_columns):
            expected.append([row[start : start + array.drain_columns] for row in largest])
        for index in range(len(window)):
            last = index == len(window) - 1
            take = max(take + 1, leave) if last else take + 1
            edges.append(take)
        leave = take
        for _ in range(array.drain_beats):
            leave += 1
            while not takes[leave % len(takes)]:
                leave += 1
            exits.append(leave)
    assert beats == expected
    assert taken == edges
    assert left == exits
