"""Cycles of an exploration's arrays, by hand and by the models they come from."""

from pathlib import Path

import numpy as np
import pytest

from compiler.program import compile_network
from hw.config import ArrayConfig, engine_preset, preset
from quant.integer_network import IntegerNetwork, save
from sigmaquant.steps import explore_timing
from sigmaquant.steps.explore_timing import array_cycles, engine_cycles
from sigmaquant.store import Place
from sigmaquant.worker import StoreContext
from sim.networks.builder import NetworkBuilder
from sim.program_model import program_timing


@pytest.fixture(scope="module")
def network() -> IntegerNetwork:
    builder = NetworkBuilder(np.random.default_rng(1), (3, 6, 6), images=2)
    builder.conv("conv", "image", 6, 3, 4)
    builder.linear("linear", "conv", 5, 8)
    return builder.network("small", "test")


@pytest.mark.parametrize(
    ("drain", "cycles"),
    [
        # conv: 36 x 2 tiles of 4 groups x 2 beats; linear: 2 tiles of 27 groups x 4 beats.
        (1, 72 * 8 + 2 * 108),
        (4, 72 * 8 + 2 * 108),
    ],
)
def test_cycles_are_the_steps_of_all_tiles(network: IntegerNetwork, drain: int, cycles: int):
    array = ArrayConfig(unit="pair_sum2", rows=1, columns=4, lanes=8, drain_columns=drain)
    assert array_cycles(network, array) == cycles


def test_a_tile_takes_no_less_than_its_drain(network: IntegerNetwork):
    array = ArrayConfig(unit="pair_sum2", rows=1, columns=16, lanes=8)
    # conv: 36 tiles of 8 steps wait for 16 columns; linear: one tile of 108.
    assert array_cycles(network, array) == 36 * 16 + 108


def test_the_engine_is_the_presets_around_the_array(network: IntegerNetwork):
    engine = engine_preset("tiny").around(preset("tiny"))
    expected = program_timing(compile_network(network, engine)).cycles
    assert engine_cycles(network, "tiny", preset("tiny")) == (expected, "")
    assert expected > array_cycles(network, preset("tiny"))


def test_an_array_without_an_engine_says_why(network: IntegerNetwork):
    array = ArrayConfig(unit="pair_sum2", rows=3, columns=4, lanes=8)
    cycles, reason = engine_cycles(network, "tiny", array)
    assert cycles is None
    assert reason == "an engine's rows must be a power of two, not 3"


def test_the_step_follows_the_network_and_not_its_place(network: IntegerNetwork, tmp_path: Path):
    steps = []
    for name in ("here", "there"):
        save(network, tmp_path / name)
        steps.append(explore_timing.step("tiny", "a", preset("tiny"), tmp_path / name))
    assert steps[0].key() == steps[1].key()
    place = Place(tmp_path, {})
    found = steps[0].compute(StoreContext({steps[0].name: place}, tmp_path, lambda *_: None))
    # Peak: 16 MACs a cycle at 4 bits, 8 at 8.
    assert found.macs == 36 * 6 * 27 + 5 * 216
    assert found.ideal_cycles == pytest.approx(36 * 6 * 27 / 16 + 5 * 216 / 8)
    assert found.cycles == 72 * 8 + 2 * 108
