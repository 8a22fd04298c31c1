from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quant.integer_network import (
    Add,
    AveragePool,
    Conv2d,
    IntegerNetwork,
    IntegerNetworkError,
    Linear,
    MaxPool,
)
from tests.helpers.networks import random_network, with_layer, with_tensor

NETWORK = random_network(0)
GROUPED = random_network(0, depthwise=True)


def conv(name: str) -> Conv2d:
    layer = NETWORK.layer(name)
    assert isinstance(layer, Conv2d)
    return layer


def with_constants(network: IntegerNetwork, name: str, /, **changes: Any) -> IntegerNetwork:
    constants = replace(conv(name).requantization, **changes)
    return with_layer(network, name, requantization=constants)


def changed(array: np.ndarray, index: Any, value: int) -> np.ndarray:
    copy = array.copy()
    copy[index] = value
    return copy


CONV1 = conv("conv1")
CONV2 = conv("conv2")
SHIFTS = CONV1.requantization.shift
TOP = 2 ** (CONV2.bits - 1) - 1

FAULTS: dict[str, tuple[Callable[[], IntegerNetwork], str]] = {
    # weights
    "bits 9": (
        lambda: with_layer(NETWORK, "conv1", bits=9),
        r"layer 'conv1': bits is 9, must be an integer in 2\.\.8",
    ),
    "bits 1": (
        lambda: with_layer(NETWORK, "linear", bits=1),
        r"layer 'linear': bits is 1, must be an integer in 2\.\.8",
    ),
    "weight range": (
        lambda: with_layer(NETWORK, "conv2", weight=changed(CONV2.weight, (1, 2, 0, 1), TOP + 1)),
        rf"layer 'conv2': weight\[1, 2, 0, 1\] is {TOP + 1}, outside {-TOP - 1}\.\.{TOP} of",
    ),
    "weight dtype": (
        lambda: with_layer(NETWORK, "conv1", weight=CONV1.weight.astype(np.float32)),
        r"layer 'conv1': weight is float32\[6, 3, 3, 3\], must be int8\[\*, 3, \*, \*\]",
    ),
    "weight shape": (
        lambda: with_layer(NETWORK, "conv1", weight=CONV1.weight[:, :2]),
        r"layer 'conv1': weight is int8\[6, 2, 3, 3\], must be int8\[\*, 3, \*, \*\]",
    ),
    "weight not an array": (
        lambda: with_layer(NETWORK, "conv1", weight=[1]),
        r"layer 'conv1': weight is a list, must be a numpy array int8\[\*, 3, \*, \*\]",
    ),
    "linear shape": (
        lambda: with_layer(NETWORK, "linear", weight=np.zeros((10, 13), np.int8)),
        r"layer 'linear': weight is int8\[10, 13\], must be int8\[\*, 14\]",
    ),
    "bias dtype": (
        lambda: with_layer(NETWORK, "conv1", bias=CONV1.bias.astype(np.int64)),
        r"layer 'conv1': bias is int64\[6\], must be int32\[6\]",
    ),
    "bias shape": (
        lambda: with_layer(NETWORK, "conv1", bias=CONV1.bias[:5]),
        r"layer 'conv1': bias is int32\[5\], must be int32\[6\]",
    ),
    # geometry
    "stride": (
        lambda: with_layer(NETWORK, "conv1", stride=(0, 1)),
        r"layer 'conv1': stride is \(0, 1\), must be two integers of at least 1",
    ),
    "padding": (
        lambda: with_layer(NETWORK, "conv1", padding=(1, -1)),
        r"layer 'conv1': padding is \(1, -1\), must be two integers of at least 0",
    ),
    "groups range": (
        lambda: with_layer(NETWORK, "conv1", groups=4),
        r"layer 'conv1': groups is 4, must be an integer in 1\.\.3",
    ),
    "groups of inputs": (
        lambda: with_layer(GROUPED, "conv4", groups=3),
        r"layer 'conv4': groups 3 does not divide the 8 input channels",
    ),
    "groups of outputs": (
        lambda: with_layer(GROUPED, "conv4", weight=np.zeros((7, 1, 3, 3), np.int8)),
        r"layer 'conv4': groups 8 does not divide the 7 output channels",
    ),
    "output shape": (
        lambda: with_layer(NETWORK, "conv1", stride=(2, 2)),
        r"layer 'conv1': computes shape \(6, 5, 4\), but tensor 'conv1' has \(6, 9, 8\)",
    ),
    "kernel too large": (
        lambda: with_layer(NETWORK, "max_pool", kernel=(9, 9)),
        r"layer 'max_pool': its kernel is larger than its padded input of shape \(8, 5, 4\)",
    ),
    "image needed": (
        lambda: with_tensor(NETWORK, "image", shape=(216,)),
        r"layer 'conv1': input 'image' has shape \(216,\), must be \(channels, height, width\)",
    ),
    # requantization
    "multiplier": (
        lambda: with_constants(
            NETWORK, "conv1", multiplier=CONV1.requantization.multiplier.astype(np.int32) + 65536
        ),
        r"layer 'conv1': multiplier is int32\[6\], must be uint16\[6\]",
    ),
    "shift zero": (
        lambda: with_constants(NETWORK, "conv1", shift=changed(SHIFTS, 3, 0)),
        r"layer 'conv1', channel 3: shift is 0, must be an integer in 1\.\.47",
    ),
    "shift 48": (
        lambda: with_constants(NETWORK, "conv1", shift=changed(SHIFTS, 5, 48)),
        r"layer 'conv1', channel 5: shift is 48, must be an integer in 1\.\.47",
    ),
    "constants per channel": (
        lambda: with_constants(NETWORK, "conv1", shift=SHIFTS[:1]),
        r"layer 'conv1': shift is uint8\[1\], must be uint8\[6\]",
    ),
    "clamp order": (
        lambda: with_constants(NETWORK, "conv1", minimum=30, maximum=20),
        r"layer 'conv1': maximum is 20, must be an integer in 30\.\.255",
    ),
    "clamp range": (
        lambda: with_constants(NETWORK, "conv1", minimum=-1),
        r"layer 'conv1': minimum is -1, must be an integer in 0\.\.255",
    ),
    "output zero-point": (
        lambda: with_constants(NETWORK, "conv1", zero_point=7),
        r"layer 'conv1': zero_point is 7, but tensor 'conv1' has 0",
    ),
    "no requantization": (
        lambda: with_layer(NETWORK, "conv1", requantization=None),
        r"layer 'conv1': requantization must be a Requantization",
    ),
    # add and pools
    "add shapes": (
        lambda: with_layer(NETWORK, "add", inputs=("conv2", "conv1")),
        r"layer 'add': its inputs have shapes \(8, 5, 4\) and \(6, 9, 8\), must be equal",
    ),
    "add inputs": (
        lambda: with_layer(NETWORK, "add", inputs=("conv2",)),
        r"layer 'add': has 1 inputs, must have two",
    ),
    "add multiplier": (
        lambda: with_layer(NETWORK, "add", multiplier=np.array([1, 2, 3], np.uint16)),
        r"layer 'add': multiplier is uint16\[3\], must be uint16\[2\]",
    ),
    "add shift": (
        lambda: with_layer(NETWORK, "add", shift=48),
        r"layer 'add': shift is 48, must be an integer in 1\.\.47",
    ),
    "average bias": (
        lambda: with_layer(NETWORK, "average_pool", bias=0),
        r"layer 'average_pool': bias is 0, must be -\d+ \(-kernel size \* zero_point \d+ of",
    ),
    "max padding": (
        lambda: with_layer(NETWORK, "max_pool", padding=(2, 1)),
        r"layer 'max_pool': padding \(2, 1\) must be smaller than kernel \(2, 2\)",
    ),
    "max scale": (
        lambda: with_tensor(NETWORK, "max_pool", scale=0.5),
        r"layer 'max_pool': 'conv4' and 'max_pool' must share scale and zero_point, as codes pass",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_line(fault: str):
    make, message = FAULTS[fault]
    with pytest.raises(IntegerNetworkError, match="^" + message) as caught:
        make().validate()
    assert "\n" not in str(caught.value)


def test_every_class_of_layer_is_valid_unchanged():
    for network in (NETWORK, GROUPED):
        network.validate()
        classes = {type(layer) for layer in network.layers}
        assert classes == {Conv2d, Linear, Add, AveragePool, MaxPool}
