"""Every way in which a program or a load can be wrong, on the engine: its code, and what follows.

After each of them a good program runs, on the weights and parameters that were loaded before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hw.engine.load_port import LoadTarget
from hw.engine.program import DESCRIPTOR_WORDS, ErrorCode, Opcode, descriptor_words
from hw.engine.registers import NO_TIMEOUT
from tests.helpers.engine_host import Host, Outcome
from tests.helpers.engine_network import (
    CONFIG,
    IMAGE,
    PROGRAM,
    check_run,
    expected_counters,
    with_checksum,
)

LINES = CONFIG.activation_lines
MARK = 0x5A5A_5A5A
FIRST = PROGRAM.operations[0].output


def changed(**fields: int) -> list[int]:
    """The program with fields of its first descriptor changed."""
    words = descriptor_words(PROGRAM.operations[0].fields | fields)
    return with_checksum([*words, *PROGRAM.words[len(words) : -1]])


def end(**fields: int) -> list[int]:
    """A program that sends a tensor."""
    return with_checksum(descriptor_words({"opcode": Opcode.END} | fields))


# Program, its error, first line behind what it may have written.
WRONG: dict[str, tuple[list[int], ErrorCode, int]] = {
    "opcode": (changed(opcode=7), ErrorCode.OPCODE, 0),
    "width_1": (changed(bits=1), ErrorCode.WEIGHT_WIDTH, 0),
    "width_9": (changed(bits=9), ErrorCode.WEIGHT_WIDTH, 0),
    "no_columns": (changed(columns=0), ErrorCode.FIELD, 0),
    "no_end": (
        with_checksum(list(PROGRAM.words[:DESCRIPTOR_WORDS])),
        ErrorCode.OPCODE,
        FIRST.limit,
    ),
    "no_words": (with_checksum([]), ErrorCode.OPCODE, 0),
    "checksum": ([*PROGRAM.words[:-1], PROGRAM.words[-1] ^ 1], ErrorCode.CHECKSUM, 0),
    "too_long": ([0] * (CONFIG.program_words + 3), ErrorCode.LOAD, 0),
    "output_limit": (changed(output_limit=FIRST.base + 1), ErrorCode.ADDRESS, FIRST.base + 1),
    "output_beyond": (changed(output_base=LINES, output_limit=99), ErrorCode.ADDRESS, 0),
    "input_beyond": (changed(input_base=LINES - 1), ErrorCode.ADDRESS, FIRST.limit),
    "weights_beyond": (changed(weight_base=255), ErrorCode.ADDRESS, FIRST.limit),
    "parameters_beyond": (changed(parameter_base=64), ErrorCode.ADDRESS, FIRST.limit),
}


async def memory(ctx: Any, host: Host) -> NDArray[np.uint32]:
    """[bank, line, word] as it is now, through a program that sends all of it."""
    words = end(output_height=CONFIG.banks, output_row_bytes=LINES * CONFIG.line_bytes)
    outcome = await host.run(ctx, words)
    assert outcome.error == ErrorCode.NONE
    return np.array(outcome.packets, np.uint32).reshape(CONFIG.banks, LINES, -1)


def check_failed(outcome: Outcome, error: ErrorCode) -> None:
    assert outcome.error == error
    assert (outcome.status["busy"], outcome.status["done"], outcome.status["error"]) == (0, 0, 1)
    assert outcome.packets == []


def simulate(bench: Any) -> None:
    """Run a bench on an engine with marks all over its memory, and weights and parameters."""
    host = Host(CONFIG)
    row_bytes = LINES * CONFIG.line_bytes

    async def prepared(ctx: Any) -> None:
        words = [MARK] * (CONFIG.activation_bytes // 4)
        registers = {"load_pitch": LINES, "load_row_bytes": row_bytes}
        await host.load(ctx, LoadTarget.ACTIVATIONS, words, **registers)
        await host.load_weights(ctx, PROGRAM)
        await bench(ctx, host)

    host.simulate(prepared)


@pytest.mark.parametrize("part", [0, 1])
def test_a_wrong_program_ends_in_its_error(part: int) -> None:
    """Another start changes nothing; nothing outside the tensor it may write is written."""

    async def bench(ctx: Any, host: Host) -> None:
        await check_run(ctx, host)
        await host.load_input(ctx, PROGRAM, IMAGE)
        before = await memory(ctx, host)
        for name, (words, error, limit) in list(WRONG.items())[part::2]:
            await host.load_input(ctx, PROGRAM, IMAGE)
            check_failed(await host.run(ctx, words), error)
            await host.control(ctx, "start")
            check_failed(await host.outcome(ctx), error)
            await host.control(ctx, "clear")
            assert not ctx.get(host.dut.irq)
            after = await memory(ctx, host)
            written = np.nonzero((before != after).any(axis=(0, 2)))[0]
            assert all(FIRST.base <= line < limit for line in written), (name, written)
            await check_run(ctx, host)

    simulate(bench)


def test_start_without_a_program() -> None:
    async def bench(ctx: Any, host: Host) -> None:
        await host.control(ctx, "start")
        check_failed(await host.outcome(ctx), ErrorCode.NO_PROGRAM)
        await host.control(ctx, "clear")
        await check_run(ctx, host)

    simulate(bench)


def test_timeout() -> None:
    """A run of exactly so many cycles is in time."""
    cycles = expected_counters()["cycles"]

    async def bench(ctx: Any, host: Host) -> None:
        for timeout in (0, cycles // 2, cycles - 1):
            await host.write(ctx, "timeout", timeout)
            await host.load_input(ctx, PROGRAM, IMAGE)
            check_failed(await host.run(ctx, PROGRAM.words), ErrorCode.TIMEOUT)
            await host.control(ctx, "clear")
        for timeout in (cycles, NO_TIMEOUT):
            await host.write(ctx, "timeout", timeout)
            await check_run(ctx, host)

    simulate(bench)


def test_a_result_beyond_the_memory_is_closed() -> None:
    """A row of one line in each bank fits, the next does not: a word of 0 ends the packet."""
    words = end(output_base=LINES - 1, output_pitch=1, output_height=9, output_row_bytes=8)

    async def bench(ctx: Any, host: Host) -> None:
        outcome = await host.run(ctx, words)
        assert outcome.error == ErrorCode.ADDRESS
        assert outcome.packets == [[MARK] * 2 * CONFIG.banks + [0]]
        await host.control(ctx, "clear")
        await check_run(ctx, host)

    simulate(bench)


LOADS: list[tuple[LoadTarget, int, dict[str, int]]] = [
    (LoadTarget.WEIGHTS, 4, {"load_address": CONFIG.weight_words - 3}),
    (LoadTarget.PARAMETERS, 4, {"load_address": CONFIG.parameter_words - 1}),
    (LoadTarget.ACTIVATIONS, 10, {"load_address": LINES - 2, "load_row_bytes": 24}),
]


def test_loads_beyond_a_memory() -> None:
    async def bench(ctx: Any, host: Host) -> None:
        for target, count, registers in LOADS:
            await host.load(ctx, target, [0] * count, **registers)
            check_failed(await host.outcome(ctx), ErrorCode.LOAD)
            await host.control(ctx, "clear")
        await check_run(ctx, host)

    simulate(bench)
