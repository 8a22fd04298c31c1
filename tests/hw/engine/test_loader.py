"""The loader: where every stream word goes, and which loads are refused."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from hw.config import EngineConfig
from hw.engine.load_port import LoadTarget
from hw.engine.loader import Loader
from tests.helpers.clocked import pulse, simulate

SEED = 7


@dataclass
class Load:
    """A load as the host does it. written: (bank, address, lane, data) of each write."""

    target: LoadTarget
    words: list[int]
    address: int = 0
    pitch: int = 0
    row_bytes: int = 0
    written: list[tuple[int, int, int, int]] = field(default_factory=list)
    begins: int = 0
    ends: int = 0
    errors: int = 0


def perform(config: EngineConfig, loads: list[Load], *, waits: bool = True) -> None:
    """Do the loads one after the other, setting the registers as soon as the last word is in."""
    dut, rng = Loader(config), random.Random(SEED)

    async def bench(ctx: Any) -> None:
        for load in loads:
            setup = {"target": load.target, "address": load.address}
            ctx.set(dut.setup, setup | {"pitch": load.pitch, "row_bytes": load.row_bytes})
            ctx.set(dut.enable, 1)
            await ctx.tick()
            for index, word in enumerate(load.words):
                last = index == len(load.words) - 1
                ctx.set(dut.words.payload, {"data": word, "last": last})
                taken = False
                while not taken:
                    ctx.set(dut.words.valid, not waits or rng.random() < 0.7)
                    ctx.set(dut.enable, not waits or rng.random() < 0.9)
                    *_, taken, port, begins, ends, error = await ctx.tick().sample(
                        dut.words.valid & dut.words.ready,
                        dut.load,
                        dut.begins,
                        dut.ends,
                        dut.error,
                    )
                    if port.valid:
                        assert port.target == load.target
                        load.written.append((port.bank, port.address, port.lane, port.data))
                    assert taken or not (port.valid or begins or ends or error)
                    load.begins, load.ends = load.begins + begins, load.ends + ends
                    load.errors += error
                ctx.set(dut.words.valid, 0)
                assert ctx.get(dut.loading) == (not last)

    simulate(dut, bench)


@pytest.mark.parametrize(
    ("target", "slices"),
    [(LoadTarget.PROGRAM, 1), (LoadTarget.WEIGHTS, 1), (LoadTarget.PARAMETERS, 2)],
)
def test_words_fill_memory_words_in_order(
    config: EngineConfig, target: LoadTarget, slices: int
) -> None:
    words = list(range(100, 112))
    load = Load(target, words, address=5)
    perform(config, [load])
    first = 0 if target is LoadTarget.PROGRAM else 5
    assert load.written == [(0, first + k // slices, k % slices, w) for k, w in enumerate(words)]
    assert (load.begins, load.ends, load.errors) == (1, 1, 0)


@pytest.mark.parametrize("row_bytes", [1, 4, 7, 8, 9, 23])
def test_image_rows_go_round_the_banks(config: EngineConfig, row_bytes: int) -> None:
    """Lines of 8 bytes, two slices; a bank's next row is `pitch` lines on."""
    row_words, rows, base, pitch = -(-row_bytes // 4), 11, 9, 4
    words = list(range(row_words * rows))
    load = Load(LoadTarget.ACTIVATIONS, words, address=base, pitch=pitch, row_bytes=row_bytes)
    perform(config, [load])
    places = [
        (y % config.banks, base + y // config.banks * pitch + k // 2, k % 2)
        for y in range(rows)
        for k in range(row_words)
    ]
    assert [write[:3] for write in load.written] == places
    assert [write[3] for write in load.written] == words
    assert (load.begins, load.ends, load.errors) == (1, 1, 0)


def test_loads_follow_each_other_without_a_pause(config: EngineConfig) -> None:
    loads = [
        Load(LoadTarget.PARAMETERS, [1, 2, 3, 4], address=30),
        Load(LoadTarget.ACTIVATIONS, [5, 6, 7], address=1, pitch=1, row_bytes=3),
        Load(LoadTarget.PROGRAM, [8]),
        Load(LoadTarget.WEIGHTS, [9], address=31),
    ]
    perform(config, loads, waits=False)
    assert [load.written for load in loads] == [
        [(0, 30, 0, 1), (0, 30, 1, 2), (0, 31, 0, 3), (0, 31, 1, 4)],
        [(0, 1, 0, 5), (1, 1, 0, 6), (2, 1, 0, 7)],
        [(0, 0, 0, 8)],
        [(0, 31, 0, 9)],
    ]
    assert [(load.begins, load.ends, load.errors) for load in loads] == [(1, 1, 0)] * 4


REFUSED: dict[str, tuple[Load, int]] = {
    "program": (Load(LoadTarget.PROGRAM, [0] * 70), 64),
    "weights": (Load(LoadTarget.WEIGHTS, [0] * 4, address=30), 2),
    "weights_far_away": (Load(LoadTarget.WEIGHTS, [0] * 2, address=0xFFFF_FFFF), 0),
    "parameters": (Load(LoadTarget.PARAMETERS, [0] * 6, address=30), 4),
    "parameters_cut": (Load(LoadTarget.PARAMETERS, [0] * 3), 3),
    "row_cut": (Load(LoadTarget.ACTIVATIONS, [0] * 5, pitch=1, row_bytes=8), 5),
    "row_of_nothing": (Load(LoadTarget.ACTIVATIONS, [0] * 5, pitch=1), 0),
    "row_too_long": (Load(LoadTarget.ACTIVATIONS, [0] * 6, address=62, row_bytes=24), 4),
    "rows": (Load(LoadTarget.ACTIVATIONS, [0] * 12, address=62, pitch=1, row_bytes=4), 8),
    "pitch": (Load(LoadTarget.ACTIVATIONS, [0] * 9, pitch=65_535, row_bytes=4), 4),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_load_is_dropped_from_its_error_on(config: EngineConfig, name: str) -> None:
    """One error each, the stream goes on, and the next load is a good one again."""
    load, written = REFUSED[name]
    load = Load(load.target, load.words, load.address, load.pitch, load.row_bytes)
    after = Load(LoadTarget.WEIGHTS, [3], address=1)
    perform(config, [load, after])
    assert (len(load.written), load.errors, load.ends) == (written, 1, 0)
    assert (after.written, after.errors) == ([(0, 1, 0, 3)], 0)


@pytest.mark.parametrize("pause", [0, 3])
def test_a_forgotten_load_is_followed_by_a_new_one(config: EngineConfig, pause: int) -> None:
    dut = Loader(config)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.setup, {"target": LoadTarget.PARAMETERS, "address": 3})
        ctx.set(dut.enable, 1)
        ctx.set(dut.words.payload, {"data": 1, "last": 0})
        ctx.set(dut.words.valid, 1)
        await ctx.tick().repeat(3)
        ctx.set(dut.words.valid, 0)
        assert ctx.get(dut.loading)
        ctx.set(dut.setup, {"target": LoadTarget.WEIGHTS, "address": 8})
        await pulse(ctx, dut.forget)
        assert not ctx.get(dut.loading)
        for _ in range(pause):
            await ctx.tick()
        ctx.set(dut.words.valid, 1)
        *_, port, begins = await ctx.tick().sample(dut.load, dut.begins).until(dut.words.ready)
        assert (port.target, port.address, port.lane, begins) == (LoadTarget.WEIGHTS, 8, 0, 1)

    simulate(dut, bench)
