"""The memories: slices are written, words read and held, through writes and resets."""

from __future__ import annotations

import random

from amaranth.hdl import ResetInserter, Signal

from hw.engine.memory import DualPortMemory, SinglePortMemory
from tests.helpers.clocked import pulse, simulate

SEED, DEPTH = 2, 5


def sliced(old: int, mask: int, data: int, slices: int) -> int:
    for index in range(slices):
        if mask >> index & 1:
            clear = old & ~(0xFFFF_FFFF << 32 * index)
            old = clear | (data >> 32 * index & 0xFFFF_FFFF) << 32 * index
    return old


def test_single_port_memory_against_a_list() -> None:
    rng, reset = random.Random(SEED), Signal()
    dut = SinglePortMemory(70, DEPTH)
    words, held = [0] * DEPTH, 0

    async def bench(ctx) -> None:
        nonlocal held
        for _ in range(200):
            address, data = rng.randrange(DEPTH), rng.getrandbits(32)
            mask = rng.choice([0, rng.getrandbits(3)])
            read = 0 if mask else rng.getrandbits(1)
            ctx.set(dut.address, address)
            ctx.set(dut.write, mask)
            ctx.set(dut.write_data, data)
            ctx.set(dut.read, read)
            ctx.set(reset, rng.getrandbits(1))
            await ctx.tick()
            held = words[address] if read else held
            words[address] = sliced(words[address], mask, data * (1 | 1 << 32 | 1 << 64), 3)
            assert ctx.get(dut.data) == held

    simulate(ResetInserter(reset)(dut), bench)
    assert any(words)


def test_dual_port_memory_against_a_list() -> None:
    rng = random.Random(SEED)
    dut = DualPortMemory(8, DEPTH)
    words, held, fetched = [0] * DEPTH, 0, 0

    async def bench(ctx) -> None:
        nonlocal held, fetched
        for _ in range(300):
            address, data = rng.randrange(DEPTH), rng.getrandbits(64)
            mask = rng.choice([0, rng.getrandbits(2)])
            read = 0 if mask else rng.getrandbits(1)
            fetch = rng.choice([place for place in range(DEPTH) if not mask or place != address])
            fetches = rng.getrandbits(1)
            ctx.set(dut.address, address)
            ctx.set(dut.write, mask)
            ctx.set(dut.write_data, data)
            ctx.set(dut.read, read)
            ctx.set(dut.fetch_address, fetch)
            ctx.set(dut.fetch_read, fetches)
            await ctx.tick()
            held = words[address] if read else held
            fetched = words[fetch] if fetches else fetched
            words[address] = sliced(words[address], mask, data, 2)
            assert (ctx.get(dut.data), ctx.get(dut.fetch_data)) == (held, fetched)

    simulate(dut, bench)
    assert any(words)


def test_a_word_of_one_slice() -> None:
    dut = DualPortMemory(4, 1)
    seen = []

    async def bench(ctx) -> None:
        ctx.set(dut.write_data, 1234)
        await pulse(ctx, dut.write)
        await pulse(ctx, dut.fetch_read)
        seen.append(ctx.get(dut.fetch_data))

    simulate(dut, bench)
    assert seen == [1234]
