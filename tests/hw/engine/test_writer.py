"""Output stage and writer together: every word that is written, and when."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hw.config import EngineConfig
from hw.engine.output_stage import OutputStage
from hw.engine.residual_add import ADD_LATENCY
from hw.engine.writer import Writer
from tests.helpers.clocked import simulate

SEED = 14
# Unit multipliers: the sum of both codes, less 100.
SUM = {
    "residual": 1,
    "add_multiplier_main": 2,
    "add_multiplier_residual": 2,
    "add_zero_main": 100,
    "add_shift": 1,
    "add_maximum": 255,
}
EDGES = 120
RESIDUAL_VALID = [random.Random(edge).random() < 0.5 for edge in range(EDGES)]
SHAPE = {"tile_rows": 2, "columns": 3, "groups": 1, "tiles": 2, "last_chunks": 1}
PLACE = {"output_base": 4, "output_pitch": 3, "output_limit": 7, "output_height": 3}


class Tail(wiring.Component):
    """What stands behind the matrix unit."""

    start: Signal

    def __init__(self, config: EngineConfig):
        super().__init__({"start": In(1)})
        self.output, self.writer = OutputStage(config), Writer(config)

    def elaborate(self, platform: object) -> Module:
        del platform
        m = Module()
        m.submodules.output, m.submodules.writer = self.output, self.writer
        m.d.comb += [
            self.output.start.eq(self.start),
            self.writer.start.eq(self.start),
            self.writer.descriptor.eq(self.output.descriptor),
            self.writer.beat.eq(self.output.beat),
        ]
        return m


def tail_run(config: EngineConfig, fields: dict[str, int], beats: list) -> dict[str, list]:
    """What happens at which edge; residual bytes are those of `residual_word`."""
    dut = Tail(config)
    events: dict[str, list] = {name: [] for name in ("left", "write", "finished", "error", "take")}

    async def bench(ctx) -> None:
        output, writer = dut.output, dut.writer
        ctx.set(output.descriptor, fields)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        words, sent = 0, 0
        for edge in range(1, EDGES):
            ctx.set(output.main.valid, sent < len(beats))
            ctx.set(output.main.payload, beats[min(sent, len(beats) - 1)])
            ctx.set(output.residual, [residual_word(config, row, words) for row in range(2)])
            ctx.set(output.residual_valid, RESIDUAL_VALID[edge])
            *_, left, take, write, place, data, finished, error = await ctx.tick().sample(
                output.main.valid & output.main.ready,
                output.residual_take,
                writer.write,
                writer.place,
                writer.words,
                writer.finished,
                writer.address_error,
            )
            sent += left
            words += take
            if left:
                events["left"].append(edge)
            if take:
                events["take"].append(edge)
            if write:
                where = (place.rows, place.upper, place.odd, place.line)
                events["write"].append((edge, where, list(data)))
            if finished:
                events["finished"].append(edge)
            if error:
                events["error"].append(edge)

    simulate(dut, bench)
    return events


def residual_word(config: EngineConfig, row: int, index: int) -> int:
    rng = random.Random(100 * index + row)
    return int.from_bytes(bytes(rng.randint(0, 99) for _ in range(config.word_bytes)), "little")


def random_beats(config: EngineConfig) -> list[list[list[int]]]:
    rng, array = random.Random(SEED), config.array
    count = SHAPE["tile_rows"] * SHAPE["columns"] * SHAPE["tiles"] * array.drain_beats
    return [
        [[rng.randint(0, 255) for _ in range(array.drain_columns)] for _ in range(array.rows)]
        for _ in range(count)
    ]


def kept_beats(config: EngineConfig) -> list[list[int]]:
    """Indices of the beats that are written, one list per tile row."""
    per_tile = config.array.drain_beats
    per_row = SHAPE["columns"] * SHAPE["tiles"] * per_tile
    return [
        [
            index
            for index in range(row * per_row, (row + 1) * per_row)
            if index // per_tile % SHAPE["tiles"] < SHAPE["tiles"] - 1
            or index % per_tile < SHAPE["last_chunks"]
        ]
        for row in range(SHAPE["tile_rows"])
    ]


@pytest.mark.parametrize("residual", [False, True])
def test_words_and_edges_equal_the_definition(wide: EngineConfig, residual: bool) -> None:
    fields = SHAPE | PLACE | (SUM if residual else {})
    beats = random_beats(wide)
    events = tail_run(wide, fields, beats)
    slots = wide.word_bytes // wide.array.drain_columns
    kept_beat = {index for kept in kept_beats(wide) for index in kept}
    edge, left = 0, []
    for index in range(len(beats)):
        edge += 1
        while residual and index in kept_beat and not RESIDUAL_VALID[edge]:
            edge += 1
        left.append(edge)
    assert events["left"] == left
    writes, takes = iter(events["write"]), []
    for tile_row, kept in enumerate(kept_beats(wide)):
        for word, start in enumerate(range(0, len(kept), slots)):
            chunks = kept[start : start + slots]
            edge, where, data = next(writes)
            assert edge == events["left"][chunks[-1]] + ADD_LATENCY
            rows = 0b01 if tile_row else 0b11
            assert where == (rows, tile_row, word % 2, 4 + word // 2)
            for row in range(1 if tile_row else 2):
                codes = [code for index in chunks for code in beats[index][row]]
                if residual:
                    other = residual_word(wide, row, len(takes)).to_bytes(wide.word_bytes, "little")
                    sums = (a + b - 100 for a, b in zip(codes, other, strict=False))
                    codes = [min(max(total, 0), 255) for total in sums]
                got = data[row].to_bytes(wide.word_bytes, "little")
                assert list(got[: len(codes)]) == codes
            takes.append(events["left"][chunks[-1]])
    assert next(writes, None) is None
    assert events["take"] == (takes if residual else [])
    assert events["finished"] == [events["left"][-1] + ADD_LATENCY]
    assert events["error"] == []


@pytest.mark.parametrize(
    ("wrong", "lines"),
    [
        ({"output_limit": 5}, {4}),
        ({"output_base": 39, "output_limit": 60}, {39}),
        ({"output_base": 40, "output_limit": 60}, set()),
        ({"output_limit": 4}, set()),
    ],
)
def test_words_outside_the_output_are_reported_and_not_written(
    wide: EngineConfig, wrong: dict[str, int], lines: set[int]
) -> None:
    """Three chunks a pixel, three pixels: three words in each of two tile rows, two lines each."""
    events = tail_run(wide, SHAPE | PLACE | wrong, random_beats(wide))
    assert {where[3] for _, where, _ in events["write"]} == lines
    assert len(events["write"]) + len(events["error"]) == 6
    assert events["error"]


def test_rows_beyond_the_height_are_neither_written_nor_checked(wide: EngineConfig) -> None:
    fields = SHAPE | PLACE | {"output_height": 2}
    events = tail_run(wide, fields, random_beats(wide))
    assert [where[1] for _, where, _ in events["write"]] == [0] * 3
    assert events["error"] == []
    assert len(events["finished"]) == 1
