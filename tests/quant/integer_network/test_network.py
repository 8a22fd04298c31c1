import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from quant.integer_network import Conv2d, IntegerNetworkError, Linear
from tests.helpers.networks import random_network

NETWORK = random_network(2)


def test_sizes_follow_the_widths():
    layers = [layer for layer in NETWORK.layers if isinstance(layer, Conv2d | Linear)]
    assert NETWORK.mac_layers == tuple(layers)
    count = sum(layer.weight.size for layer in layers)
    bits = sum(layer.weight.size * layer.bits for layer in layers)
    assert NETWORK.weight_count == count
    assert NETWORK.weight_bits_total == bits
    assert NETWORK.mean_bits == bits / count
    assert NETWORK.size_ratio == bits / (8 * count)


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_uniform_widths(bits: int):
    network = random_network(1, bits=bits)
    assert network.mean_bits == bits
    assert network.size_ratio == bits / 8


def test_macs_are_weights_times_positions():
    conv1, conv2, *_, linear = NETWORK.mac_layers
    assert NETWORK.macs(conv1) == 6 * 3 * 3 * 3 * 9 * 8
    assert NETWORK.macs(conv2) == 8 * 6 * 3 * 3 * 5 * 4
    assert NETWORK.macs(linear) == 10 * 14


def test_grouped_macs_count_each_group_once():
    network = random_network(2, depthwise=True)
    layer = network.layer("conv4")
    assert isinstance(layer, Conv2d)
    assert network.macs(layer) == 8 * 1 * 3 * 3 * 5 * 4


def test_a_layer_is_found_by_name():
    assert NETWORK.layer("conv2") is NETWORK.layers[1]
    message = r"^network 'random-2' has no layer 'conv9': choose one of conv1, conv2, .*, linear$"
    with pytest.raises(IntegerNetworkError, match=message):
        NETWORK.layer("conv9")


def test_equality_looks_into_the_arrays():
    layer = NETWORK.mac_layers[0]
    assert replace(layer, weight=layer.weight.copy()) == layer
    weight = layer.weight.copy()
    weight[0, 0, 0, 0] ^= 1
    assert replace(layer, weight=weight) != layer
    assert replace(layer, bias=layer.bias.astype(np.int64)) != layer
    assert layer != NETWORK
    with pytest.raises(TypeError, match="unhashable"):
        hash(layer)


def test_the_integer_network_does_not_need_torch():
    program = "import sys, quant.integer_network; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
