"""The window generator against plain loops, and the image rows that follow its moves."""

from __future__ import annotations

import random

import pytest

from hw.config import EngineConfig
from hw.engine.program import Opcode
from hw.engine.window import WindowGenerator
from tests.helpers.clocked import pulse, simulate
from tests.helpers.window_model import Access, Fields, micro_ops, random_windows

SEED = 3


def generated(
    config: EngineConfig, layers: list[Fields], takes: list[int]
) -> list[tuple[list[Access], int]]:
    """Micro-ops of each layer, with the image row by the generator's moves; cycles it took."""
    dut = WindowGenerator(config)
    found: list[tuple[list[Access], int]] = []

    async def layer(ctx, fields: Fields) -> None:
        ctx.set(dut.descriptor, fields)
        await pulse(ctx, dut.start)
        accesses, cycles = [], 0
        top = row = fields["row_origin"]
        while ctx.get(dut.micro_ops.valid):
            ctx.set(dut.micro_ops.ready, takes[cycles % len(takes)])
            *_, taken, op, moves = await ctx.tick().sample(
                dut.micro_ops.ready & dut.micro_ops.valid, dut.micro_ops.payload, dut.moves
            )
            cycles += 1
            if not taken:
                continue
            accesses.append(Access(row, op.position, op.count, op.fill, op.closes_group, op.last))
            if moves.next_tile_row:
                top = row = top + config.array.rows * fields["row_step"]
            elif moves.next_window:
                row = top
            elif moves.next_row:
                row += 1
        found.append((accesses, cycles))

    async def bench(ctx) -> None:
        for fields in layers:
            await layer(ctx, fields)

    simulate(dut, bench)
    return found


@pytest.mark.parametrize("opcode", [Opcode.MAC, Opcode.MAX_POOL])
def test_micro_ops_equal_the_loops_one_a_cycle(config: EngineConfig, opcode: Opcode) -> None:
    rng = random.Random(SEED)
    layers = [random_windows(rng, config, opcode) for _ in range(12)]
    for fields, (accesses, cycles) in zip(layers, generated(config, layers, [1]), strict=True):
        assert accesses == list(micro_ops(fields, config))
        assert cycles == len(accesses)


def test_refused_micro_ops_stay(wide: EngineConfig) -> None:
    rng = random.Random(SEED)
    layers = [random_windows(rng, wide, Opcode.MAC) for _ in range(6)]
    for fields, (accesses, _) in zip(layers, generated(wide, layers, [0, 1, 0, 0, 1]), strict=True):
        assert accesses == list(micro_ops(fields, wide))


def test_the_layers_cut_runs_in_every_way(config: EngineConfig) -> None:
    """Full lanes, the end of an access and the end of the reduction all close or cut something."""
    rng = random.Random(SEED)
    layers = [random_windows(rng, config, Opcode.MAC) for _ in range(12)]
    accesses = [access for fields in layers for access in micro_ops(fields, config)]
    assert {(access.closes_group, access.last) for access in accesses} == {(0, 0), (1, 0), (1, 1)}
    assert any(access.position < 0 for access in accesses)
    assert any(access.fill and access.closes_group for access in accesses)


def test_the_largest_steps_do_not_overflow(config: EngineConfig) -> None:
    fields = random_windows(random.Random(SEED), config, Opcode.MAC) | {
        "column_origin": -65_536,
        "column_step": 65_535,
        "columns": 2,
        "segments": 2,
        "segment_step": 65_535,
        "segment_bytes": 5,
        "tile_rows": 1,
        "groups": 1,
        "tiles": 1,
    }
    ((accesses, _),) = generated(config, [fields], [1])
    assert accesses == list(micro_ops(fields, config))
