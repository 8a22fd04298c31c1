import numpy as np
import pytest

from quant.integer_network import Conv2d
from sim.golden import run
from tests.helpers.networks import WIDTHS, random_images, random_network


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_random_network_uses_every_width_and_spreads_its_codes(seed: int, depthwise: bool):
    network = random_network(seed, depthwise=depthwise)
    assert sorted(layer.bits for layer in network.mac_layers) == list(WIDTHS)
    codes = run(network, random_images(network, 64, seed))
    for name in network.tensors:
        assert codes[name].std() > 20, f"tensor {name!r} would hide faults"
    groups = [layer.groups for layer in network.mac_layers if isinstance(layer, Conv2d)]
    assert (max(groups) > 1) == depthwise


def test_one_seed_is_one_network_and_one_set_of_images():
    network = random_network(5)
    assert random_network(5) == network
    assert random_network(6) != network
    np.testing.assert_array_equal(random_images(network, 3, 1), random_images(network, 3, 1))


def test_one_width_for_all_layers():
    assert {layer.bits for layer in random_network(1, bits=3).mac_layers} == {3}
