"""Descriptors: read in `READ_CYCLES`, and every wrong field is found."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import Simulator

from hw.config import EngineConfig
from hw.engine.descriptors import READ_CYCLES, DescriptorCheck, DescriptorReader
from hw.engine.program import DESCRIPTOR_WORDS, Descriptor, ErrorCode, Opcode, descriptor_words
from tests.helpers.clocked import pulse, simulate
from tests.helpers.descriptors import operation

RNG = random.Random(2)
PROGRAM = [
    {name: RNG.getrandbits(5) - 4 * (name.endswith("origin")) for name in Descriptor.members}
    | {"opcode": k, "bits": k, "diagonal": 1, "residual": 0}
    for k in range(1, 4)
]


def test_descriptors_arrive_in_order_after_read_cycles(config: EngineConfig) -> None:
    dut = DescriptorReader(config)
    memory = [word for fields in PROGRAM for word in descriptor_words(fields)]
    requested = [dut.first, dut.following, dut.following, dut.first]

    async def bench(ctx: Any) -> None:
        ctx.set(dut.length, len(memory))
        for request, fields in zip(requested, [*PROGRAM, PROGRAM[0]], strict=True):
            ctx.set(request, 1)
            for edge in range(READ_CYCLES + 1):
                word = memory[ctx.get(dut.address) % len(memory)]
                valid = ctx.get(dut.valid)
                await ctx.tick()
                ctx.set(request, 0)
                ctx.set(dut.word, word)
                # The edge that sees the request is edge 0; the old descriptor may be valid then.
                assert edge == 0 or valid == (edge == READ_CYCLES)
            got = ctx.get(dut.descriptor)
            assert {name: getattr(got, name) for name in Descriptor.members} == fields
            assert not ctx.get(dut.beyond)

    simulate(dut, bench)


@pytest.mark.parametrize(("missing", "beyond"), [(0, [0, 0]), (1, [0, 1]), (19, [1, 1])])
def test_descriptors_beyond_the_program_are_reported(
    config: EngineConfig, missing: int, beyond: list[int]
) -> None:
    dut = DescriptorReader(config)
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(dut.length, 2 * DESCRIPTOR_WORDS - missing)
        for request in (dut.first, dut.following):
            await pulse(ctx, request)
            *_, late = await ctx.tick().sample(dut.beyond).until(dut.valid)
            seen.append(late)

    simulate(dut, bench)
    assert seen == beyond


def test_a_request_while_reading_begins_again(config: EngineConfig) -> None:
    """What an aborted run was reading does not get into the next run's descriptor."""
    dut = DescriptorReader(config)
    memory = [word for fields in PROGRAM for word in descriptor_words(fields)]

    async def bench(ctx: Any) -> None:
        ctx.set(dut.length, len(memory))
        for pause in range(READ_CYCLES + 3):
            for request, edges in ((dut.first, pause), (dut.first, READ_CYCLES)):
                ctx.set(request, 1)
                for _ in range(edges):
                    word = memory[ctx.get(dut.address)]
                    await ctx.tick()
                    ctx.set(request, 0)
                    ctx.set(dut.word, word)
                ctx.set(request, 0)
            assert ctx.get(dut.valid)
            assert ctx.get(dut.descriptor.opcode) == PROGRAM[0]["opcode"]
            assert ctx.get(dut.descriptor.add_maximum) == PROGRAM[0]["add_maximum"]

    simulate(dut, bench)


END = {"opcode": Opcode.END, "output_height": 1, "output_row_bytes": 1}
LAYER_COUNTS = (
    *("input_height", "input_row_bytes", "kernel_rows", "segments", "segment_bytes", "tile_rows"),
    *("columns", "groups", "tiles", "last_chunks", "output_height", "output_row_bytes"),
)


def errors(config: EngineConfig, descriptors: list[dict[str, int]]) -> list[ErrorCode]:
    dut = DescriptorCheck(config)
    found = []

    async def bench(ctx: Any) -> None:
        for fields in descriptors:
            ctx.set(dut.descriptor, fields)
            await ctx.delay(1e-6)
            found.append(ErrorCode(ctx.get(dut.error)))

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def mac(config: EngineConfig, **fields: int) -> dict[str, int]:
    return operation(config, output_row_bytes=8, parameter_words=1, **fields)


def test_right_descriptors_pass(config: EngineConfig) -> None:
    right = [
        END,
        *(mac(config, bits=bits) for bits in range(2, 9)),
        mac(config, diagonal=1),
        mac(config, segment_bytes=99, last_chunks=1),
        mac(config, residual=1, add_shift=1),
        mac(config, residual=1, add_shift=47),
        mac(config, row_step=2),
        mac(config, row_step=7, output_height=1),
        mac(config, opcode=Opcode.MAX_POOL, weight_steps=0) | {"bits": 0},
    ]
    assert errors(config, right) == [ErrorCode.NONE] * len(right)


def test_unknown_opcodes(config: EngineConfig) -> None:
    wrong = [mac(config, opcode=opcode) for opcode in range(16) if opcode not in list(Opcode)]
    assert errors(config, wrong) == [ErrorCode.OPCODE] * 13


def test_weight_widths(config: EngineConfig) -> None:
    wrong = [mac(config) | {"bits": bits} for bits in (0, 1, *range(9, 16))]
    assert errors(config, wrong) == [ErrorCode.WEIGHT_WIDTH] * 9


def test_counts_of_zero(config: EngineConfig) -> None:
    wrong = [mac(config) | {name: 0} for name in (*LAYER_COUNTS, "weight_steps", "parameter_words")]
    wrong += [mac(config, opcode=Opcode.MAX_POOL) | {name: 0} for name in LAYER_COUNTS]
    wrong += [END | {name: 0} for name in ("output_height", "output_row_bytes")]
    assert errors(config, wrong) == [ErrorCode.FIELD] * len(wrong)


def test_fields_that_do_not_fit_each_other(config: EngineConfig) -> None:
    wrong = [
        mac(config, last_chunks=config.array.drain_beats + 1),
        mac(config, residual=1, add_shift=0),
        mac(config, residual=1, add_shift=48),
        mac(config, diagonal=1, segment_bytes=3),
        mac(config, opcode=Opcode.MAX_POOL, segment_bytes=3),
        mac(config, row_step=3),
        mac(config, row_step=0),
    ]
    assert errors(config, wrong) == [ErrorCode.FIELD] * len(wrong)
