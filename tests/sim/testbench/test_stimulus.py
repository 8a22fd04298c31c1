"""Stimuli: what is written comes back, and words go out in the order of the tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compiler.plan import plan_layer
from compiler.streams import layer_streams
from hw.config import ArrayConfig
from sim.simulate import random_stalls
from sim.testbench.stimulus import Stimulus, read, stream_words, words, write
from tests.helpers.networks import random_images, random_network

CONFIG = ArrayConfig(unit="pair_sum", rows=3, columns=4, lanes=10, drain_columns=2)


@pytest.fixture(scope="module")
def stimulus() -> Stimulus:
    network = random_network(0)
    layer, image = network.mac_layers[0], random_images(network, 1, 0)[0]
    plan = plan_layer(network, layer, CONFIG, 7)
    return Stimulus(
        streams=layer_streams(network, layer, plan, image),
        codes=np.arange(plan.channels * 7, dtype=np.uint8).reshape(plan.channels, 7),
        stalls=random_stalls(1),
        cycles=1234,
    )


def test_what_is_written_comes_back(tmp_path: Path, stimulus: Stimulus) -> None:
    write(stimulus, tmp_path / "run")
    got = read(tmp_path / "run")
    assert got.streams.plan == stimulus.streams.plan
    assert (got.stalls, got.cycles) == (stimulus.stalls, stimulus.cycles)
    for name in ("zero_point", "minimum", "maximum"):
        assert getattr(got.streams, name) == getattr(stimulus.streams, name)
    for name in ("activations", "weights", "parameters"):
        np.testing.assert_array_equal(getattr(got.streams, name), getattr(stimulus.streams, name))
    np.testing.assert_array_equal(got.codes, stimulus.codes)
    assert got.codes.dtype == np.uint8


def test_words_are_little_endian() -> None:
    assert words(np.array([[1, 2], [0, 255]], np.uint8)) == [0x0201, 0xFF00]


def test_words_go_out_tile_by_tile(stimulus: Stimulus) -> None:
    """Channel tiles change fastest: activations repeat for each, weights start over.

    Above its codes each tile's last group carries a flag.
    """
    plan, streams = stimulus.streams.plan, stimulus.streams
    assert (plan.position_tiles, plan.channel_tiles) == (3, 2)
    activations, weights, parameters = stream_words(streams)
    positions = [words(tile) for tile in streams.activations]
    for tile in positions:
        tile[-1] += 1 << 8 * CONFIG.rows * CONFIG.lanes
    assert activations == [word for tile in positions for _ in range(2) for word in tile]
    assert weights == 3 * words(streams.weights)
    assert parameters == 3 * words(streams.parameters)
