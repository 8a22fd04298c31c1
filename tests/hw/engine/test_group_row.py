"""One row of the group register: which byte goes to which lane."""

from __future__ import annotations

import random

from hw.config import EngineConfig
from hw.engine.group_row import GroupRow
from tests.helpers.clocked import simulate

SEED, TRIALS, PAD = 8, 150, 77


def test_lanes_take_turned_bytes_or_the_pad_code(wide: EngineConfig) -> None:
    rng, dut = random.Random(SEED), GroupRow(wide)
    lanes = [0] * wide.array.lanes

    async def bench(ctx) -> None:
        ctx.set(dut.pad_code, PAD)
        for trial in range(TRIALS):
            lines = [rng.randbytes(wide.line_bytes) for _ in range(wide.banks)]
            bank, amount = rng.randrange(wide.banks), trial % wide.line_bytes
            write, real = rng.getrandbits(wide.array.lanes), rng.getrandbits(wide.array.lanes)
            inside = rng.random() < 0.8
            ctx.set(dut.words, [int.from_bytes(line, "little") for line in lines])
            ctx.set(dut.bank, bank)
            ctx.set(dut.amount, amount)
            ctx.set(dut.write, write)
            ctx.set(dut.real, real)
            ctx.set(dut.inside, inside)
            await ctx.tick()
            for lane in range(wide.array.lanes):
                byte = lines[bank][(amount + lane) % wide.line_bytes]
                if write >> lane & 1:
                    lanes[lane] = byte if inside and real >> lane & 1 else PAD
            assert list(ctx.get(dut.codes)) == lanes

    simulate(dut, bench)
