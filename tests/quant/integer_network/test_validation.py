from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from quant.integer_network import IntegerNetwork, IntegerNetworkError
from tests.helpers.networks import random_network, with_layer, with_tensor

NETWORK = random_network(0)


def reordered(*names: str) -> IntegerNetwork:
    rest = [layer for layer in NETWORK.layers if layer.name not in names]
    return replace(NETWORK, layers=tuple([NETWORK.layer(name) for name in names] + rest))


def with_more_layers(*layers: Any) -> IntegerNetwork:
    return replace(NETWORK, layers=(*NETWORK.layers, *layers))


FAULTS: dict[str, tuple[Callable[[], IntegerNetwork], str]] = {
    "network name": (
        lambda: replace(NETWORK, name="../up"),
        r"network name '\.\./up' must be letters, digits, '_', '\.' and '-', at least one: rename",
    ),
    "metadata": (
        lambda: replace(NETWORK, metadata={"drop": float("nan")}),
        r"metadata does not survive JSON: use text keys, text, finite numbers, lists and dicts",
    ),
    "metadata tuple": (
        lambda: replace(NETWORK, metadata={"sizes": (1, 2)}),
        r"metadata does not survive JSON",
    ),
    "tensor key": (
        lambda: replace(NETWORK, tensors=NETWORK.tensors | {"x": NETWORK.tensors["add"]}),
        r"tensor 'add' is stored under 'x': use its own name",
    ),
    "tensor shape": (
        lambda: with_tensor(NETWORK, "add", shape=(8, 0, 4)),
        r"tensor 'add': shape is \(8, 0, 4\), must be \(channels, height, width\) or \(channels,\)",
    ),
    "tensor scale": (
        lambda: with_tensor(NETWORK, "add", scale=float("inf")),
        r"tensor 'add': scale is inf, must be a finite float above 0",
    ),
    "tensor zero-point": (
        lambda: with_tensor(NETWORK, "add", zero_point=256),
        r"tensor 'add': zero_point is 256, must be an integer in 0\.\.255",
    ),
    # graph
    "no layers": (
        lambda: replace(NETWORK, layers=()),
        r"layers must be a tuple of at least one layer",
    ),
    "foreign layer": (
        lambda: with_more_layers("conv9"),
        r"str is not a layer of an integer network",
    ),
    "layer name": (
        lambda: with_layer(NETWORK, "conv1", name=""),
        r"layer name '' must be letters",
    ),
    "duplicate layer": (
        lambda: with_layer(NETWORK, "conv3", name="conv2"),
        r"layer 'conv2' appears twice: give each layer its own name",
    ),
    "unknown input": (
        lambda: with_layer(NETWORK, "conv5", input="nowhere"),
        r"layer 'conv5' reads unknown tensor 'nowhere': add it or correct the layer's input",
    ),
    "unknown output": (
        lambda: with_layer(NETWORK, "conv5", output="nowhere"),
        r"layer 'conv5' writes unknown tensor 'nowhere': add it to the tensors",
    ),
    "order": (
        lambda: reordered("conv2", "conv1"),
        r"layer 'conv2' reads tensor 'conv1' before a layer writes it: put the layers in execution",
    ),
    "two sources": (
        lambda: with_layer(NETWORK, "conv3", output="conv2"),
        r"layer 'conv3' writes tensor 'conv2', which is there already: give each layer its own",
    ),
    "input overwritten": (
        lambda: with_layer(NETWORK, "linear", output="image"),
        r"layer 'linear' writes tensor 'image', which is there already",
    ),
    "unwritten tensor": (
        lambda: replace(
            NETWORK,
            tensors=NETWORK.tensors | {"spare": replace(NETWORK.tensors["add"], name="spare")},
        ),
        r"tensor 'spare' is written by no layer: remove it",
    ),
    "network input": (
        lambda: replace(NETWORK, input="photo"),
        r"the network's input 'photo' is not among its tensors: add the tensor",
    ),
    "network output": (
        lambda: replace(NETWORK, output="image"),
        r"the network's output 'image' is written by no layer: name a layer's output",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_line(fault: str):
    make, message = FAULTS[fault]
    with pytest.raises(IntegerNetworkError, match="^" + message) as caught:
        make().validate()
    assert "\n" not in str(caught.value)


def test_an_unchanged_network_is_valid():
    NETWORK.validate()
