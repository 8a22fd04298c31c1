"""The zoo: shapes and counts are those of the literature, codes are spread, seeds decide."""

from __future__ import annotations

import numpy as np
import pytest

from quant.integer_network import Conv2d, IntegerNetwork
from sim import golden
from sim.networks import NETWORKS, build
from tests.helpers.networks import random_images

# Input, classes, multiply-accumulates (bias and pools apart) and weights.
KNOWN = {
    "resnet8": ((3, 32, 32), 10, 12_501_632, 77_360),
    "resnet20": ((3, 32, 32), 10, 40_813_184, 270_896),
    "ds_cnn": ((1, 49, 10), 12, 2_656_768, 22_016),
    "mobilenet_v1_025": ((3, 96, 96), 2, 7_489_664, 208_112),
}


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def network(request: pytest.FixtureRequest) -> IntegerNetwork:
    return build(request.param, None)


def test_shapes_and_counts(network: IntegerNetwork) -> None:
    image, classes, macs, weights = KNOWN[network.name.removesuffix("_mix")]
    assert network.tensors[network.input].shape == image
    assert network.tensors[network.output].shape == (classes,)
    assert sum(network.macs(layer) for layer in network.mac_layers) == macs
    assert network.weight_count == weights


def test_codes_are_spread_in_every_tensor(network: IntegerNetwork) -> None:
    codes = golden.run(network, random_images(network, 1, 7))
    for name, tensor in codes.items():
        assert tensor.std() > 8, f"{name} is nearly constant"
        assert np.mean(tensor == 255) <= 0.5, f"{name} is saturated"


def test_mix_has_8_bits_at_both_ends_and_all_widths_between(network: IntegerNetwork) -> None:
    bits = [layer.bits for layer in network.mac_layers]
    assert (bits[0], bits[-1]) == (8, 8)
    assert set(bits[1:-1]) == {2, 4, 6, 8}


@pytest.mark.parametrize("bits", [2, 8])
def test_uniform_width(bits: int) -> None:
    network = build("resnet20", bits)
    assert network.name == f"resnet20_{bits}bit"
    shortcuts = [layer for layer in network.mac_layers if layer.name.endswith("shortcut")]
    assert {layer.bits for layer in shortcuts} == {2}
    assert {layer.bits for layer in network.mac_layers if layer not in shortcuts} == {bits}


def test_shortcuts_of_resnet20_copy_every_second_pixel() -> None:
    network = build("resnet20", 4)
    codes = golden.run(network, random_images(network, 1, 3))
    small, large = codes["stage1_block3_add"][0], codes["stage2_block1_shortcut"][0]
    np.testing.assert_array_equal(large[8:24], small[:, ::2, ::2])
    assert not large[:8].any()
    assert not large[24:].any()


def test_mobile_networks_are_depthwise_separable() -> None:
    for name, pairs in (("ds_cnn", 4), ("mobilenet_v1_025", 13)):
        layers = [layer for layer in build(name, 8).mac_layers if isinstance(layer, Conv2d)]
        assert sum(layer.groups > 1 for layer in layers) == pairs


def test_the_seed_decides() -> None:
    one, same, other = (build("resnet8", 4, seed) for seed in (1, 1, 2))
    weights = [network.mac_layers[0].weight for network in (one, same, other)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
