"""The sender: rows in order, a word a cycle, nothing lost or repeated whenever the host waits."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from hw.config import EngineConfig
from hw.engine.sender import Sender
from tests.helpers.clocked import pulse, simulate

LINE_WORDS = 2  # a line of the small engine has 8 bytes
BASE, PITCH = 5, 4


def tensor(height: int, row_bytes: int) -> dict[str, int]:
    return {
        "output_base": BASE,
        "output_pitch": PITCH,
        "output_height": height,
        "output_row_bytes": row_bytes,
    }


def line_data(bank: int, line: int) -> int:
    """Every word of the memory says where it is from."""
    words = [bank << 20 | line << 4 | index for index in range(LINE_WORDS)]
    return sum(word << 32 * index for index, word in enumerate(words))


def expected(config: EngineConfig, height: int, row_bytes: int) -> list[int]:
    words = []
    for y in range(height):
        for index in range(-(-row_bytes // 4)):
            line = BASE + y // config.banks * PITCH + index // LINE_WORDS
            data = line_data(y % config.banks, line)
            words.append(data >> 32 * (index % LINE_WORDS) & 0xFFFF_FFFF)
    return words


@dataclass
class Host:
    """Drives a sender edge by edge: the memory's port, and a receiver that waits at random."""

    dut: Sender
    probability: float
    rng: random.Random = field(default_factory=lambda: random.Random(6))
    words: list[tuple[int, int]] = field(default_factory=list)
    edge: int = 0
    reads: int = 0
    errors: int = 0
    finished: list[int] = field(default_factory=list)
    held: tuple[int, int] | None = None

    async def step(self, ctx: Any, ready: bool | None = None) -> None:
        dut = self.dut
        ctx.set(dut.words.ready, self.rng.random() < self.probability if ready is None else ready)
        *_, ready, valid, payload, enable, bank, line, finished, error = await ctx.tick().sample(
            dut.words.ready,
            dut.words.valid,
            dut.words.payload,
            dut.send_enable,
            dut.send_bank,
            dut.send_line,
            dut.finished,
            dut.address_error,
        )
        word = (payload.data, payload.last)
        assert self.held is None or (valid and word == self.held), "an offered word must stay"
        self.held = word if valid and not ready else None
        if valid and ready:
            self.words.append(word)
        if enable:
            ctx.set(dut.send_data, line_data(bank, line))
        self.reads += enable
        self.errors += error
        self.edge += 1
        if finished:
            self.finished.append(self.edge)


def send(
    config: EngineConfig, fields: dict[str, int], probability: float, edges: int = 600
) -> Host:
    dut = Sender(config)
    host = Host(dut, probability)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.descriptor, fields)
        await pulse(ctx, dut.start)
        for _ in range(edges):
            await host.step(ctx)

    simulate(dut, bench)
    return host


@pytest.mark.parametrize("probability", [1.0, 0.5])
@pytest.mark.parametrize(
    ("height", "row_bytes"), [(1, 1), (1, 8), (3, 4), (5, 9), (9, 16), (6, 27), (4, 32)]
)
def test_rows_in_order(
    config: EngineConfig, height: int, row_bytes: int, probability: float
) -> None:
    host = send(config, tensor(height, row_bytes), probability)
    words = expected(config, height, row_bytes)
    assert host.words == [(word, index == len(words) - 1) for index, word in enumerate(words)]
    assert len(host.finished) == 1
    assert host.errors == 0
    assert host.reads == height * -(-row_bytes // 8)
    if probability == 1.0:
        assert host.finished == [2 + len(words)]


def test_lines_beyond_the_memory_end_the_result(config: EngineConfig) -> None:
    fields = tensor(9, 8) | {"output_base": config.activation_lines - 5}
    host = send(config, fields, 0.5)
    assert (host.errors, host.finished) == (1, [])
    assert len(host.words) == 2 * 8
    assert host.reads == 8


@pytest.mark.parametrize("edges", range(14))
@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_a_stopped_result_is_closed_and_the_next_one_is_whole(
    config: EngineConfig, edges: int, probability: float
) -> None:
    """A packet that has begun ends with `last`; what was offered when it stopped stays."""
    dut = Sender(config)
    host = Host(dut, probability)
    words = expected(config, 3, 11)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.descriptor, tensor(3, 11))
        ctx.set(dut.start, 1)
        await host.step(ctx)
        ctx.set(dut.start, 0)
        for _ in range(edges):
            await host.step(ctx)
        ctx.set(dut.stop, 1)
        await host.step(ctx)
        ctx.set(dut.stop, 0)
        host.finished.clear()
        ctx.set(dut.start, 1)
        await host.step(ctx)
        ctx.set(dut.start, 0)
        for _ in range(40):
            await host.step(ctx, ready=True)

    simulate(dut, bench)
    ends = [index for index, (_, last) in enumerate(host.words) if last]
    assert ends[-1] == len(host.words) - 1
    assert [word for word, _ in host.words[-len(words) :]] == words
    assert len(host.finished) == 1
    first = host.words[: -len(words)]
    assert len(ends) == 1 + bool(first)
    if first:
        assert first[-1][1]
        data = [word for word, _ in first]
        assert data in (words, [*words[: len(first) - 1], 0])
