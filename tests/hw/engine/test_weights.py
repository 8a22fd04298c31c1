"""Weight and parameter streams: words as loaded, diagonals spread over the columns."""

from __future__ import annotations

import random

import pytest

from hw.config import EngineConfig
from hw.engine.load_port import LoadTarget
from hw.engine.parameters import Parameters
from hw.engine.program import Opcode
from hw.engine.weights import Weights
from hw.matrix_unit import parameters_shape
from tests.helpers.clocked import pulse, simulate

SEED = 6
POSITIONS = {"tile_rows": 2, "columns": 2}


async def load(ctx, dut: Weights | Parameters, target: int, words: list[int], bits: int) -> None:
    for address, word in enumerate(words):
        for lane in range(-(-bits // 32)):
            data = word >> 32 * lane & 0xFFFF_FFFF
            fields = {"valid": 1, "target": target, "address": address, "lane": lane, "data": data}
            ctx.set(dut.load, fields)
            await ctx.tick()
    ctx.set(dut.load.valid, 0)


def streamed(
    config: EngineConfig, words: list[int], fields: dict[str, int], beats: int
) -> tuple[list[int], int]:
    """Payloads of the weights' beats and the number of reads; the other target is ignored."""
    dut, got, reads = Weights(config), [], 0

    async def bench(ctx) -> None:
        nonlocal reads
        await load(ctx, dut, LoadTarget.WEIGHTS, words, config.weight_word_bits)
        await load(ctx, dut, LoadTarget.PARAMETERS, [0] * len(words), 1)
        ctx.set(dut.descriptor, fields | POSITIONS)
        ctx.set(dut.weights.ready, 1)
        await pulse(ctx, dut.start)
        for _ in range(beats + 5):
            *_, valid, payload, read = await ctx.tick().sample(
                dut.weights.valid, dut.weights.payload.as_value(), dut.read
            )
            reads += read
            if valid:
                got.append(payload)

    simulate(dut, bench)
    return got, reads


def test_dense_words_are_beats(config: EngineConfig) -> None:
    rng = random.Random(SEED)
    words = [rng.getrandbits(config.weight_word_bits) for _ in range(9)]
    fields = {"opcode": Opcode.MAC, "weight_base": 2, "weight_steps": 6}
    assert streamed(config, words, fields, 24) == (words[2:8] * 4, 24)


def test_a_max_pool_reads_no_weights(config: EngineConfig) -> None:
    fields = {"opcode": Opcode.MAX_POOL, "weight_base": 2, "weight_steps": 6}
    assert streamed(config, [1] * 9, fields, 24) == ([], 0)


@pytest.mark.parametrize("steps", [1, 8, 11])
def test_diagonals_go_to_the_column_of_their_lane(wide: EngineConfig, steps: int) -> None:
    rng, array = random.Random(SEED), wide.array
    slots = [rng.getrandbits(array.datapath.beat_bits) for _ in range(16)]
    words = [0]
    for start in range(0, len(slots), array.columns):
        fields = slots[start : start + array.columns]
        words.append(sum(s << array.datapath.beat_bits * i for i, s in enumerate(fields)))
    expected = []
    for slot in slots[:steps]:
        beat = 0
        for column in range(array.columns):
            for bit in range(array.datapath.beat_bits):
                if array.datapath.lane_of_bit(bit) % array.columns == column:
                    beat |= (slot >> bit & 1) << column * array.datapath.beat_bits + bit
        expected.append(beat)
    fields = {"opcode": Opcode.MAC, "diagonal": 1, "weight_base": 1, "weight_steps": steps}
    got, reads = streamed(wide, words, fields, 4 * steps)
    assert got == expected * 4
    assert reads == 4 * -(-steps // array.columns)


def test_parameters_repeat_for_every_position(wide: EngineConfig) -> None:
    rng, dut = random.Random(SEED), Parameters(wide)
    bits = parameters_shape(wide.array).size
    words = [rng.getrandbits(bits) for _ in range(7)]
    got = []

    async def bench(ctx) -> None:
        await load(ctx, dut, LoadTarget.PARAMETERS, words, bits)
        fields = {"opcode": Opcode.MAC, "parameter_base": 3, "parameter_words": 4}
        ctx.set(dut.descriptor, fields | POSITIONS)
        ctx.set(dut.parameters.ready, 1)
        await pulse(ctx, dut.start)
        for edge in range(1, 30):
            *_, valid, payload = await ctx.tick().sample(
                dut.parameters.valid, dut.parameters.payload.as_value()
            )
            assert valid == (2 <= edge < 18)
            if valid:
                got.append(payload)

    simulate(dut, bench)
    assert got == words[3:] * 4
