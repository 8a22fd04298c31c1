"""The requantizer against the golden arithmetic, at corners and at random."""

from __future__ import annotations

import random

import numpy as np
import pytest
from amaranth.sim import Simulator

from hw.requantizer import REQUANTIZER_LATENCY, Requantizer
from sim.golden import requantize

SEED = 7
INT32 = (-(1 << 31), (1 << 31) - 1)


def cases(width: int) -> list[dict[str, int]]:
    low_end, high_end = -(1 << (width - 1)), (1 << (width - 1)) - 1
    rng = random.Random(SEED)
    drawn = []
    for _ in range(600):
        accumulator = rng.choice([low_end, -1, 0, 1, high_end, rng.randint(low_end, high_end)])
        low, high = INT32[0] - min(accumulator, 0), INT32[1] - max(accumulator, 0)
        drawn.append(
            {
                "accumulator": accumulator,
                "bias": rng.choice([low, -1, 0, 1, high, rng.randint(low, high)]),
                "multiplier": rng.choice([0, 1, 1 << 15, (1 << 16) - 1, rng.getrandbits(16)]),
                "shift": rng.choice([1, 47, rng.randint(1, 47), rng.randint(1, 47)]),
            }
        )
    return drawn


@pytest.mark.parametrize("width", [16, 24, 32])
def test_codes_equal_golden(width: int) -> None:
    layers = [(0, 0, 255), (128, 0, 255), (255, 3, 200), (7, 7, 7)]
    dut = Requantizer(width)
    drawn = cases(width)
    assert {1, 47} <= {case["shift"] for case in drawn}
    got: list[list[int]] = []

    async def bench(ctx) -> None:
        ctx.set(dut.enable, 1)
        for zero_point, minimum, maximum in layers:
            ctx.set(dut.layer, {"zero_point": zero_point, "minimum": minimum, "maximum": maximum})
            codes = []
            for case in [*drawn, *[drawn[0]] * REQUANTIZER_LATENCY]:
                ctx.set(dut.accumulator, case["accumulator"])
                ctx.set(dut.channel, {key: case[key] for key in ("bias", "multiplier", "shift")})
                await ctx.tick()
                codes.append(ctx.get(dut.code))
            got.append(codes[REQUANTIZER_LATENCY - 1 : -1])

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()

    columns = {key: np.array([case[key] for case in drawn]) for key in drawn[0]}
    for codes, (zero_point, minimum, maximum) in zip(got, layers, strict=True):
        expected = requantize(
            (columns["accumulator"] + columns["bias"]).astype(np.int32),
            multiplier=columns["multiplier"],
            shift=columns["shift"],
            zero_point=zero_point,
            minimum=minimum,
            maximum=maximum,
        )
        np.testing.assert_array_equal(codes, expected)


def test_bias_beyond_32_bits_wraps_around() -> None:
    """What the compiler relies on: the true sum fits although bias plus correction do not."""
    accumulator, bias = -(1 << 23), (1 << 31) + 12_345
    dut = Requantizer(24)
    seen = []

    async def bench(ctx) -> None:
        ctx.set(dut.enable, 1)
        ctx.set(dut.layer, {"zero_point": 0, "minimum": 0, "maximum": 255})
        ctx.set(dut.channel, {"bias": bias - (1 << 32), "multiplier": 1 << 15, "shift": 40})
        ctx.set(dut.accumulator, accumulator)
        await ctx.tick().repeat(REQUANTIZER_LATENCY)
        seen.append(ctx.get(dut.code))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [((accumulator + bias << 15) + (1 << 39)) >> 40]
    assert seen[0] == 64


def test_disabled_requantizer_holds() -> None:
    dut = Requantizer(24)
    seen = []

    async def bench(ctx) -> None:
        ctx.set(dut.layer, {"zero_point": 0, "minimum": 0, "maximum": 255})
        ctx.set(dut.channel, {"bias": 0, "multiplier": 1 << 15, "shift": 15})
        ctx.set(dut.enable, 1)
        ctx.set(dut.accumulator, 42)
        await ctx.tick().repeat(REQUANTIZER_LATENCY)
        ctx.set(dut.enable, 0)
        ctx.set(dut.accumulator, 99)
        for _ in range(5):
            seen.append(ctx.get(dut.code))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [42] * 5
