"""The matrix unit in Amaranth's simulator: codes, order and latency of two tiles."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator

from hw.config import ArrayConfig
from hw.dot_product.registry import DATAPATHS
from hw.matrix_unit import MATRIX_UNIT_LATENCY, MatrixUnit
from tests.helpers.reference import requantize

WIDTH, GROUPS, TILES = 3, 2, 2
LANES = {"serial": 1, "bricks": 4}
LAYER = {"zero_point": 100, "minimum": 3, "maximum": 250}


def expected_codes(
    config: ArrayConfig,
    activations: list[list[list[int]]],
    weights: list[list[list[int]]],
    channels: list[dict[str, int]],
) -> list[list[list[int]]]:
    """[beat][row][column] by plain integers."""
    beats = []
    for tile in range(TILES):
        groups = range(tile * GROUPS, (tile + 1) * GROUPS)
        for first in range(0, config.columns, config.drain_columns):
            beats.append(
                [
                    [
                        requantize(
                            channels[c]["bias"]
                            + sum(
                                x * w
                                for g in groups
                                for x, w in zip(activations[g][r], weights[g][c], strict=True)
                            ),
                            channels[c]["multiplier"],
                            channels[c]["shift"],
                            *LAYER.values(),
                        )
                        for c in range(first, first + config.drain_columns)
                    ]
                    for r in range(config.rows)
                ]
            )
    return beats


@pytest.mark.parametrize("unit", DATAPATHS)
def test_codes_and_latency_of_two_tiles(unit: str) -> None:
    lanes = LANES.get(unit, 2)
    config = ArrayConfig(unit=unit, rows=2, columns=4, lanes=lanes, drain_columns=2)
    datapath, rng = config.datapath, random.Random(1)
    groups = range(GROUPS * TILES)
    activations = [[[rng.randint(0, 255) for _ in range(lanes)] for _ in range(2)] for _ in groups]
    weights = [[[rng.randint(-4, 3) for _ in range(lanes)] for _ in range(4)] for _ in groups]
    channels = [
        {"bias": rng.randint(-900, 900), "multiplier": rng.randint(1 << 15, 65535), "shift": 19}
        for _ in range(4)
    ]
    correction = datapath.correction(WIDTH, GROUPS)
    stored = [channel | {"bias": channel["bias"] + correction} for channel in channels]
    words = [datapath.group_words(group, WIDTH) for group in weights]
    steps = [word for group in words for word in group]
    first_tile = sum(len(group) for group in words[:GROUPS])
    dut, got, times = MatrixUnit(config), [], []

    async def bench(ctx) -> None:
        ctx.set(dut.beats, datapath.beats(WIDTH))
        ctx.set(dut.layer, LAYER)
        ctx.set(dut.output.ready, 1)
        group = step = beat = cycle = 0
        while len(got) < TILES * config.drain_beats:
            ctx.set(dut.activations.valid, group < len(activations))
            ctx.set(dut.activations.payload.codes, activations[min(group, len(activations) - 1)])
            ctx.set(dut.activations.payload.last, group % GROUPS == GROUPS - 1)
            ctx.set(dut.weights.valid, step < len(steps))
            ctx.set(Value.cast(dut.weights.payload), steps[min(step, len(steps) - 1)])
            ctx.set(dut.parameters.valid, 1)
            first = beat % config.drain_beats * config.drain_columns
            ctx.set(dut.parameters.payload, stored[first : first + config.drain_columns])
            *_, took_group, took_step, took_beat, valid, codes = await ctx.tick().sample(
                dut.activations.valid & dut.activations.ready,
                dut.weights.valid & dut.weights.ready,
                dut.parameters.valid & dut.parameters.ready,
                dut.output.valid,
                dut.output.payload,
            )
            group, step, beat = group + took_group, step + took_step, beat + took_beat
            if valid:
                got.append([[codes[r][c] for c in range(2)] for r in range(config.rows)])
                times.append(cycle)
            cycle += 1
            assert cycle < 200, "the matrix unit does not finish"

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert got == expected_codes(config, activations, weights, channels)
    assert times[0] == first_tile - 1 + MATRIX_UNIT_LATENCY
