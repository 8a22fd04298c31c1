import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quant.integer_network import IntegerNetworkError
from quant.integer_network.manifest import LAYER_TYPES, decode, encode
from tests.helpers.networks import random_network

NETWORK = random_network(3)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_decode_inverts_encode_through_json(seed: int, depthwise: bool):
    network = random_network(seed, depthwise=depthwise)
    entry, arrays = encode(network)
    assert {layer["type"] for layer in entry["layers"]} == set(LAYER_TYPES)
    assert decode(json.loads(json.dumps(entry)), arrays) == network


def test_weights_are_packed_and_other_arrays_are_not():
    entry, arrays = encode(NETWORK)
    layer = NETWORK.mac_layers[0]
    assert entry["layers"][0]["weight"] == {"array": "conv1.weight", "shape": [6, 3, 3, 3]}
    assert arrays["conv1.weight"].nbytes == (layer.weight.size * layer.bits + 7) // 8
    assert arrays["conv1.bias"] is layer.bias
    assert arrays["add.multiplier"].dtype == np.uint16


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown type": (
        lambda m: m["layers"][1].update(type="conv3d"),
        r"layer 'conv2' has unknown type 'conv3d': known are conv2d, linear, add, average_pool",
    ),
    "no type": (
        lambda m: m["layers"][1].pop("type"),
        r"layer 'conv2' has unknown type None: known are",
    ),
    "missing field": (
        lambda m: m["layers"][0].pop("stride"),
        r"layer 'conv1' has no field 'stride': export it again",
    ),
    "unknown field": (
        lambda m: m["layers"][0].update(dilation=[1, 1]),
        r"layer 'conv1' has unknown field 'dilation': export it again",
    ),
    "requantization": (
        lambda m: m["layers"][0]["requantization"].pop("minimum"),
        r"layer 'conv1' requantization has no field 'minimum': export it again",
    ),
    "not an object": (
        lambda m: m["layers"][0].update(requantization=3),
        r"layer 'conv1' requantization must be a JSON object: export it again",
    ),
    "duplicate tensor": (
        lambda m: m["tensors"].append(m["tensors"][0]),
        r"tensor 'image' appears twice: export it again",
    ),
    "no layers": (
        lambda m: m.pop("layers"),
        r"the manifest has no list 'layers': export it again",
    ),
    "unknown network field": (
        lambda m: m.update(author="x"),
        r"the network has unknown field 'author': export it again",
    ),
    "unknown array": (
        lambda m: m["layers"][0]["bias"].update(array="conv9.bias"),
        r"layer 'conv1': bias: the file has no array 'conv9\.bias': export it again",
    ),
    "weight shape": (
        lambda m: m["layers"][0]["weight"].update(shape=[6, -3, 3, 3]),
        r"layer 'conv1': weight: shape \[6, -3, 3, 3\] must list sizes above 0",
    ),
    "weight count": (
        lambda m: m["layers"][0]["weight"].update(shape=[60, 3, 3, 3]),
        r"layer 'conv1': weight: 1620 weights of \d bits need uint8\[\d+\], the file holds uint8\[",
    ),
    "bits": (
        lambda m: m["layers"][0].update(bits=9),
        r"layer 'conv1': weight: bits is 9, must be an integer in 2\.\.8",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_line(fault: str):
    change, message = FAULTS[fault]
    entry, arrays = encode(NETWORK)
    entry = json.loads(json.dumps(entry))
    change(entry)
    with pytest.raises(IntegerNetworkError, match="^" + message):
        decode(entry, arrays)


def test_an_array_too_many():
    entry, arrays = encode(NETWORK)
    with pytest.raises(IntegerNetworkError, match=r"^array 'spare' belongs to no layer: export it"):
        decode(entry, arrays | {"spare": np.zeros(3, np.int8)})
