"""Activation memory and who uses its second ports: places of words, loads, reads and writes."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring

from hw.config import EngineConfig
from hw.engine.access import Access
from hw.engine.activation_memory import ActivationMemory
from hw.engine.load_port import LoadTarget
from tests.helpers.clocked import pulse, simulate

SEED, LINES = 10, 6


class Ports(wiring.Component):
    """The memory behind its ports, as in the layer unit."""

    def __init__(self, config: EngineConfig):
        super().__init__({})
        self.memory, self.access = ActivationMemory(config), Access(config)

    def elaborate(self, platform: object) -> Module:
        del platform
        m = Module()
        m.submodules.memory, m.submodules.access = self.memory, self.access
        m.d.comb += [
            self.memory.access.eq(self.access.access),
            self.access.accessed.eq(self.memory.accessed),
        ]
        return m


async def load(ctx, ports: Ports, bank: int, line: int, data: bytes) -> None:
    for lane in range(len(data) // 4):
        word = int.from_bytes(data[4 * lane : 4 * lane + 4], "little")
        fields = {"valid": 1, "target": LoadTarget.ACTIVATIONS, "bank": bank, "address": line}
        ctx.set(ports.access.load, fields | {"lane": lane, "data": word})
        await ctx.tick()
    ctx.set(ports.access.load.valid, 0)


async def sent(ctx, ports: Ports, config: EngineConfig, bank: int, line: int) -> bytes:
    ctx.set(ports.access.send_bank, bank)
    ctx.set(ports.access.send_line, line)
    await pulse(ctx, ports.access.send_enable)
    ctx.set(ports.access.send_bank, 0)
    await ctx.tick()
    return ctx.get(ports.access.send_data).to_bytes(config.line_bytes, "little")


def image(config: EngineConfig) -> list[list[bytes]]:
    rng = random.Random(SEED)
    return [[rng.randbytes(config.line_bytes) for _ in range(LINES)] for _ in range(config.banks)]


@pytest.mark.parametrize("name", ["config", "wide"])
def test_lines_are_sent_and_fetched_as_loaded(name: str, request) -> None:
    config: EngineConfig = request.getfixturevalue(name)
    ports, lines, rng = Ports(config), image(config), random.Random(SEED)

    async def bench(ctx) -> None:
        for bank in range(config.banks):
            for line in range(LINES):
                await load(ctx, ports, bank, line, lines[bank][line])
        for bank in range(config.banks):
            for line in range(LINES):
                assert await sent(ctx, ports, config, bank, line) == lines[bank][line]
        half = config.word_bytes
        for _ in range(20):
            places = [(rng.randrange(LINES), rng.randrange(LINES)) for _ in lines]
            for bank, (even, odd) in enumerate(places):
                read = {"enable": 3, "even_line": even, "odd_line": odd}
                ctx.set(ports.memory.fetch[bank], read)
            await ctx.tick()
            for bank, (even, odd) in enumerate(places):
                expected = lines[bank][even][:half] + lines[bank][odd][half:]
                got = ctx.get(ports.memory.fetched[bank])
                assert got == int.from_bytes(expected, "little")

    simulate(ports, bench)


def test_words_are_written_and_read_in_the_rows_of_a_place(wide: EngineConfig) -> None:
    ports, lines, rng = Ports(wide), image(wide), random.Random(SEED)
    access, size = ports.access, wide.word_bytes

    async def bench(ctx) -> None:
        for bank in range(wide.banks):
            for line in range(LINES):
                await load(ctx, ports, bank, line, lines[bank][line])
        for _ in range(60):
            rows, upper, odd = rng.randint(1, 3), rng.getrandbits(1), rng.getrandbits(1)
            line = rng.randrange(LINES)
            place = {"rows": rows, "upper": upper, "odd": odd, "line": line}
            banks = [row + 2 * upper for row in range(2)]
            if rng.getrandbits(1):
                data = [rng.randbytes(size) for _ in range(2)]
                ctx.set(access.words, [int.from_bytes(word, "little") for word in data])
                ctx.set(access.write_place, place)
                await pulse(ctx, access.write)
                for row, bank in enumerate(banks):
                    if rows >> row & 1:
                        old = bytearray(lines[bank][line])
                        old[odd * size : odd * size + size] = data[row]
                        lines[bank][line] = bytes(old)
                continue
            ctx.set(access.read_place, place)
            await pulse(ctx, access.read)
            ctx.set(access.read_place, place | {"odd": 1 - odd, "upper": 1 - upper})
            await ctx.tick()
            for row, bank in enumerate(banks):
                if rows >> row & 1:
                    word = lines[bank][line][odd * size : odd * size + size]
                    assert ctx.get(access.residual[row]) == int.from_bytes(word, "little")

    simulate(ports, bench)


def test_loads_for_other_memories_change_nothing(config: EngineConfig) -> None:
    ports = Ports(config)

    async def bench(ctx) -> None:
        await load(ctx, ports, 1, 2, bytes(range(8)))
        for target in LoadTarget:
            if target is not LoadTarget.ACTIVATIONS:
                ctx.set(ports.access.load, {"valid": 1, "target": target, "bank": 1, "address": 2})
                await ctx.tick()
        ctx.set(ports.access.load.valid, 0)
        assert await sent(ctx, ports, config, 1, 2) == bytes(range(8))

    simulate(ports, bench)
