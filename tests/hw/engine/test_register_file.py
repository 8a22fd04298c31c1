"""Registers in hardware: values, access rights, byte strobes, pulses."""

from __future__ import annotations

from typing import Any

import pytest

from hw.config import EngineConfig
from hw.engine.register import Access
from hw.engine.register_file import RegisterFile
from hw.engine.registers import NO_TIMEOUT, REGISTERS, constants
from tests.helpers.clocked import simulate


async def write(ctx: Any, dut: RegisterFile, word: int, data: int, strobe: int = 0b1111) -> int:
    """Whether the write is refused."""
    ctx.set(dut.write_address, word)
    ctx.set(dut.write_data, data)
    ctx.set(dut.write_strobe, strobe)
    ctx.set(dut.write, 1)
    *_, error = await ctx.tick().sample(dut.write_error)
    ctx.set(dut.write, 0)
    return error


def read(ctx: Any, dut: RegisterFile, word: int) -> int | None:
    ctx.set(dut.read_address, word)
    return None if ctx.get(dut.read_error) else ctx.get(dut.read_data)


def test_every_address_reads_and_writes_as_described(config: EngineConfig) -> None:
    dut = RegisterFile(config)
    by_word = {register.offset // 4: register for register in REGISTERS.values()}
    fixed = constants(config)

    async def bench(ctx: Any) -> None:
        for name in ("status", "error", "steps"):
            ctx.set(getattr(dut, name).as_value(), 0xFFFF_FFFF)
        for word in range(64):
            register = by_word.get(word)
            before = read(ctx, dut, word)
            refused = await write(ctx, dut, word, 0xFFFF_FFFF)
            if register is None:
                assert (before, refused) == (None, 1)
                continue
            covered = sum(((1 << f.width) - 1) << f.low for f in register.fields)
            assert refused == (register.access is Access.READ)
            if register.access is Access.WRITE:
                assert before == register.reset
                assert read(ctx, dut, word) == covered
            elif register.access is Access.PULSE:
                assert before == read(ctx, dut, word) == 0
            elif register.name in fixed:
                assert before == read(ctx, dut, word) == fixed[register.name]
            elif register.name in ("status", "error", "steps"):
                assert before == covered

    simulate(dut, bench)


@pytest.mark.parametrize("strobe", range(16))
def test_strobes_choose_the_bytes(config: EngineConfig, strobe: int) -> None:
    dut = RegisterFile(config)
    word = REGISTERS["timeout"].offset // 4

    async def bench(ctx: Any) -> None:
        await write(ctx, dut, word, 0x0403_0201, strobe)
        expected = [(index + 1) if strobe >> index & 1 else 0xFF for index in range(4)]
        assert read(ctx, dut, word) == int.from_bytes(bytes(expected), "little")

    assert NO_TIMEOUT == 0xFFFF_FFFF
    simulate(dut, bench)


def test_control_bits_are_high_in_the_cycle_of_their_write_alone(config: EngineConfig) -> None:
    dut: Any = RegisterFile(config)
    control = REGISTERS["control"]
    start, clear, abort = dut.control.start, dut.control.clear, dut.control.abort

    async def pulses(ctx: Any, strobe: int, **bits: int) -> list[int]:
        ctx.set(dut.write_address, control.offset // 4)
        ctx.set(dut.write_data, control.word(**bits))
        ctx.set(dut.write_strobe, strobe)
        ctx.set(dut.write, 1)
        during = [ctx.get(bit) for bit in (start, clear, abort)]
        await ctx.tick()
        ctx.set(dut.write, 0)
        assert not any(ctx.get(bit) for bit in (start, clear, abort))
        return during

    async def bench(ctx: Any) -> None:
        assert await pulses(ctx, 15, start=1) == [1, 0, 0]
        assert await pulses(ctx, 15, clear=1) == [0, 1, 0]
        assert await pulses(ctx, 1, clear=1, abort=1) == [0, 1, 1]
        assert await pulses(ctx, 0b1110, start=1) == [0, 0, 0]

    simulate(dut, bench)
