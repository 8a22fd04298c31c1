"""Program memory: the checksum is zlib's, and only a right one makes a program."""

from __future__ import annotations

import random
import zlib
from typing import Any

import pytest

from hw.config import EngineConfig
from hw.engine.load_port import LoadTarget
from hw.engine.program_memory import ProgramMemory
from tests.helpers.clocked import simulate


def checksum(words: list[int]) -> int:
    return zlib.crc32(b"".join(word.to_bytes(4, "little") for word in words))


def program(length: int) -> list[int]:
    words = [random.Random(length).getrandbits(32) for _ in range(length)]
    return [*words, checksum(words)]


async def load(ctx: Any, dut: ProgramMemory, words: list[int], *, ends: bool = True) -> int:
    """Number of checksum errors up to three edges after the load."""
    errors = 0
    for index, word in enumerate([*words, None, None, None]):
        values = {"target": LoadTarget.PROGRAM, "address": index, "data": word or 0}
        ctx.set(dut.load, values | {"valid": word is not None})
        ctx.set(dut.begins, index == 0)
        ctx.set(dut.ends, ends and index == len(words) - 1)
        *_, error = await ctx.tick().sample(dut.checksum_error)
        errors += error
    return errors


@pytest.mark.parametrize("length", [0, 1, 18, 63])
def test_a_right_program_is_valid_and_can_be_read(config: EngineConfig, length: int) -> None:
    dut = ProgramMemory(config)
    words = program(length)

    async def bench(ctx: Any) -> None:
        assert not ctx.get(dut.valid)
        assert await load(ctx, dut, words) == 0
        assert (ctx.get(dut.valid), ctx.get(dut.length)) == (1, length)
        for address, word in enumerate(words):
            ctx.set(dut.address, address)
            await ctx.tick()
            assert ctx.get(dut.word) == word

    simulate(dut, bench)


def test_every_wrong_bit_is_found(config: EngineConfig) -> None:
    dut = ProgramMemory(config)
    words = program(3)

    async def bench(ctx: Any) -> None:
        for bit in range(32 * len(words)):
            wrong = list(words)
            wrong[bit // 32] ^= 1 << bit % 32
            assert await load(ctx, dut, wrong) == 1, bit
            assert not ctx.get(dut.valid)
        assert await load(ctx, dut, words) == 0
        assert ctx.get(dut.valid)

    simulate(dut, bench)


def test_a_load_ends_the_program_before_it(config: EngineConfig) -> None:
    dut = ProgramMemory(config)

    async def bench(ctx: Any) -> None:
        await load(ctx, dut, program(5))
        assert ctx.get(dut.valid)
        assert await load(ctx, dut, program(5), ends=False) == 0
        assert not ctx.get(dut.valid)

    simulate(dut, bench)


def test_loads_of_other_memories_change_nothing(config: EngineConfig) -> None:
    dut = ProgramMemory(config)
    words = program(5)

    async def bench(ctx: Any) -> None:
        await load(ctx, dut, words)
        values = {"valid": 1, "target": LoadTarget.WEIGHTS, "address": 0, "data": 1}
        ctx.set(dut.load, values)
        ctx.set(dut.begins, 1)
        ctx.set(dut.ends, 1)
        ctx.set(dut.address, 0)
        await ctx.tick().repeat(3)
        assert (ctx.get(dut.valid), ctx.get(dut.length)) == (1, 5)
        assert (ctx.get(dut.word), ctx.get(dut.checksum_error)) == (words[0], 0)

    simulate(dut, bench)
