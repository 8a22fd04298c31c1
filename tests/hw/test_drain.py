"""The drain: every tile leaves in order, a beat a cycle, and none is lost where it is refused."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import Simulator

from hw.config import ArrayConfig
from hw.drain import Drain

SEED = 11


def drained(
    config: ArrayConfig, tiles: list[list[list[int]]], offers: list[int], takes: list[int]
) -> tuple[list[list[list[int]]], int]:
    """Beats that leave, and cycles up to the last one.

    offers, takes: 1 in each cycle in which a tile is there, or a beat is taken; repeated.
    """
    dut = Drain(config)
    beats: list[list[list[int]]] = []
    last = 0

    async def bench(ctx) -> None:
        nonlocal last
        sent = cycle = 0
        rows, columns = range(config.rows), range(config.drain_columns)
        while len(beats) < len(tiles) * config.drain_beats:
            offered = sent < len(tiles) and offers[cycle % len(offers)]
            ctx.set(dut.results.valid, offered)
            ctx.set(dut.results.payload, tiles[min(sent, len(tiles) - 1)])
            ctx.set(dut.columns.ready, takes[cycle % len(takes)])
            *_, taken, valid, payload = await ctx.tick().sample(
                dut.results.valid & dut.results.ready,
                dut.columns.valid & dut.columns.ready,
                dut.columns.payload,
            )
            sent += taken
            cycle += 1
            if valid:
                beats.append([[payload[r][c] for c in columns] for r in rows])
                last = cycle
            assert cycle < 1000, "the drain does not finish"

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return beats, last


@pytest.mark.parametrize("drain_columns", [1, 2, 6])
@pytest.mark.parametrize("stalls", [False, True])
def test_tiles_leave_in_order(drain_columns: int, stalls: bool) -> None:
    config = ArrayConfig(
        unit="int8",
        rows=2,
        columns=6,
        lanes=1,
        accumulator_width=16,
        drain_columns=drain_columns,
    )
    rng = random.Random(SEED)
    tiles = [
        [[rng.randint(-(1 << 15), (1 << 15) - 1) for _ in range(6)] for _ in range(2)]
        for _ in range(7)
    ]
    offers, takes = ([1, 0, 0], [0, 1, 1, 0, 0]) if stalls else ([1], [1])
    beats, cycles = drained(config, tiles, offers, takes)
    starts = range(0, 6, drain_columns)
    assert beats == [
        [row[start : start + drain_columns] for row in tile] for tile in tiles for start in starts
    ]
    if not stalls:
        assert cycles == 1 + len(tiles) * config.drain_beats
