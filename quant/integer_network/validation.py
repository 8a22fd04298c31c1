"""Validation of a whole integer network: names, tensors, graph order, then layer by layer."""

import json
import math
from typing import TYPE_CHECKING, Any

from quant.integer_network.accumulator import MAX_CODE
from quant.integer_network.checks import check_integer, check_name, require
from quant.integer_network.layer_validation import validate_layer
from quant.integer_network.layers import Add, AveragePool, Conv2d, Linear, MaxPool, Tensor

if TYPE_CHECKING:
    from quant.integer_network.network import IntegerNetwork


def validate(network: "IntegerNetwork") -> None:
    """Check every range, shape and reference of `network` and prove its accumulators.

    Raises IntegerNetworkError with one line naming the first fault found.
    """
    check_name("network", network.name)
    _validate_metadata(network.metadata)
    require(isinstance(network.tensors, dict), "tensors must be a dict keyed by tensor name")
    for key, tensor in network.tensors.items():
        _validate_tensor(key, tensor)
    _validate_graph(network)
    for layer in network.layers:
        validate_layer(layer, network.tensors)


def _validate_metadata(metadata: Any) -> None:
    try:
        unchanged = json.loads(json.dumps(metadata, allow_nan=False)) == metadata
    except (TypeError, ValueError):
        unchanged = False
    require(
        isinstance(metadata, dict) and unchanged,
        "metadata does not survive JSON: use text keys, text, finite numbers, lists and dicts",
    )


def _validate_tensor(key: Any, tensor: Any) -> None:
    require(isinstance(tensor, Tensor), f"tensor {key!r} must be a Tensor")
    check_name("tensor", tensor.name)
    require(key == tensor.name, f"tensor {tensor.name!r} is stored under {key!r}: use its own name")
    where = f"tensor {tensor.name!r}"
    require(
        isinstance(tensor.shape, tuple)
        and len(tensor.shape) in (1, 3)
        and all(type(size) is int and size > 0 for size in tensor.shape),
        f"{where}: shape is {tensor.shape!r}, must be (channels, height, width) or (channels,)",
    )
    require(
        isinstance(tensor.scale, float) and math.isfinite(tensor.scale) and tensor.scale > 0,
        f"{where}: scale is {tensor.scale!r}, must be a finite float above 0",
    )
    check_integer(where, "zero_point", tensor.zero_point, 0, MAX_CODE)


def _validate_graph(network: "IntegerNetwork") -> None:
    """Names are unique, every tensor has one source, and each comes before its readers."""
    require(
        isinstance(network.layers, tuple) and len(network.layers) > 0,
        "layers must be a tuple of at least one layer",
    )
    require(
        isinstance(network.input, str) and network.input in network.tensors,
        f"the network's input {network.input!r} is not among its tensors: add the tensor",
    )
    names: set[str] = set()
    ready = {network.input}
    for layer in network.layers:
        require(
            isinstance(layer, Conv2d | Linear | Add | AveragePool | MaxPool),
            f"{type(layer).__name__} is not a layer of an integer network",
        )
        check_name("layer", layer.name)
        where = f"layer {layer.name!r}"
        require(layer.name not in names, f"{where} appears twice: give each layer its own name")
        names.add(layer.name)
        require(
            isinstance(layer.inputs, tuple), f"{where}: inputs is {layer.inputs!r}, must be names"
        )
        for name in layer.inputs:
            _validate_input(where, name, ready, network.tensors)
        require(
            isinstance(layer.output, str) and layer.output in network.tensors,
            f"{where} writes unknown tensor {layer.output!r}: add it to the tensors",
        )
        require(
            layer.output not in ready,
            f"{where} writes tensor {layer.output!r}, which is there already: "
            "give each layer its own output",
        )
        ready.add(layer.output)
    for name in network.tensors:
        require(name in ready, f"tensor {name!r} is written by no layer: remove it")
    require(
        isinstance(network.output, str) and network.output in ready - {network.input},
        f"the network's output {network.output!r} is written by no layer: name a layer's output",
    )


def _validate_input(where: str, name: str, ready: set[str], tensors: dict[str, Tensor]) -> None:
    require(
        isinstance(name, str) and name in tensors,
        f"{where} reads unknown tensor {name!r}: add it or correct the layer's input",
    )
    require(
        name in ready,
        f"{where} reads tensor {name!r} before a layer writes it: "
        "put the layers in execution order",
    )
