"""The stored network still gives the stored results, in numpy and on the simulated array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hw.config import ArrayConfig
from quant.data import digits
from quant.input_codes import input_codes
from quant.integer_network import IntegerNetwork, load
from sim.simulate import simulate_network
from tests.golden.make import CODES, FOLDER, results


@pytest.fixture(scope="module")
def network() -> IntegerNetwork:
    return load(FOLDER)


def test_results_are_the_stored_ones(network: IntegerNetwork) -> None:
    stored, current = np.load(CODES), results(network)
    assert sorted(current) == sorted(stored.files)
    for name in stored.files:
        np.testing.assert_array_equal(current[name], stored[name], err_msg=name)


def test_stored_network_is_within_its_budget(network: IntegerNetwork) -> None:
    correct = np.load(CODES)["classes"] == digits.load().test.labels
    assert network.size_ratio <= 0.40
    assert correct.mean() >= 0.97


def test_stored_network_runs_on_the_array(
    network: IntegerNetwork, simulation_build: Path, small_array: ArrayConfig
) -> None:
    image = input_codes(network, digits.load().test.images[:1])[0]
    layers = simulate_network(network, image, small_array, build=simulation_build, positions=4)
    assert [layer.name for layer in layers] == [layer.name for layer in network.mac_layers]
    assert all(layer.bit_exact for layer in layers)
    assert all(layer.cycles_simulated == layer.cycles_model for layer in layers)
