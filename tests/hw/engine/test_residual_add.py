"""The residual adder against the golden arithmetic, at the corners of every field."""

from __future__ import annotations

import random

import numpy as np

from hw.engine.residual_add import ADD_LATENCY, ResidualAdder
from sim.golden.arithmetic import rounding_shift, saturate
from tests.helpers.clocked import simulate

SEED, TRIALS = 12, 400
CODES = [0, 1, 127, 128, 254, 255]
MULTIPLIERS = [0, 1, 1 << 15, (1 << 16) - 1]


def layer(rng: random.Random) -> dict[str, int]:
    return {
        "enable": 1,
        "multiplier_main": rng.choice([*MULTIPLIERS, rng.getrandbits(16)]),
        "multiplier_residual": rng.choice([*MULTIPLIERS, rng.getrandbits(16)]),
        "zero_main": rng.choice([*CODES, rng.getrandbits(8)]),
        "zero_residual": rng.choice([*CODES, rng.getrandbits(8)]),
        "shift": rng.choice([1, 16, 25, 26, 47, rng.randint(1, 47)]),
        "zero_point": rng.choice(CODES),
        "minimum": rng.choice([0, 0, 3]),
        "maximum": rng.choice([255, 255, 200]),
    }


def expected(fields: dict[str, int], main: int, residual: int) -> int:
    total = (main - fields["zero_main"]) * fields["multiplier_main"]
    total += (residual - fields["zero_residual"]) * fields["multiplier_residual"]
    rounded = rounding_shift(np.array(total), fields["shift"])
    return int(saturate(rounded, fields["zero_point"], fields["minimum"], fields["maximum"]))


def test_sums_equal_golden() -> None:
    rng, dut = random.Random(SEED), ResidualAdder()

    async def bench(ctx) -> None:
        ctx.set(dut.valid, 1)
        for _ in range(TRIALS):
            fields = layer(rng)
            main, residual = (rng.choice([*CODES, rng.getrandbits(8)]) for _ in range(2))
            ctx.set(dut.layer, fields)
            ctx.set(dut.main, main)
            ctx.set(dut.residual, residual)
            await ctx.tick().repeat(ADD_LATENCY)
            assert ctx.get(dut.code) == expected(fields, main, residual), (fields, main, residual)

    simulate(dut, bench)


def test_one_code_a_cycle_added_or_passed_takes_the_same_time() -> None:
    rng = random.Random(SEED)
    codes = [(rng.getrandbits(8), rng.getrandbits(8)) for _ in range(20)]
    seen = {}

    async def stream(ctx, dut: ResidualAdder, fields: dict[str, int]) -> list[int]:
        ctx.set(dut.layer, fields)
        ctx.set(dut.valid, 1)
        got = []
        for main, residual in [*codes, *[(0, 0)] * ADD_LATENCY]:
            ctx.set(dut.main, main)
            ctx.set(dut.residual, residual)
            await ctx.tick()
            got.append(ctx.get(dut.code))
        return got[ADD_LATENCY - 1 : -1]

    async def bench(ctx) -> None:
        for enable in (0, 1):
            seen[enable] = await stream(ctx, dut, fields | {"enable": enable})

    dut, fields = ResidualAdder(), layer(rng)
    simulate(dut, bench)
    assert seen[0] == [main for main, _ in codes]
    assert seen[1] == [expected(fields, *pair) for pair in codes]
