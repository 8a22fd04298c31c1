"""The manifest: an integer network as JSON, its arrays named and kept apart.

An array field is written as `{"array": name}`; weights, packed at their layer's width, carry their
shape too: `{"array": name, "shape": [...]}`. Everything else is written as it is.
"""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quant.integer_network.checks import check_name
from quant.integer_network.errors import IntegerNetworkError
from quant.integer_network.layers import (
    Add,
    AveragePool,
    Conv2d,
    Layer,
    Linear,
    MaxPool,
    Requantization,
    Tensor,
)
from quant.integer_network.network import IntegerNetwork
from quant.integer_network.packing import pack, unpack

LAYER_TYPES: dict[str, type[Layer]] = {
    "conv2d": Conv2d,
    "linear": Linear,
    "add": Add,
    "average_pool": AveragePool,
    "max_pool": MaxPool,
}
_TYPE_NAMES = {cls: name for name, cls in LAYER_TYPES.items()}

Arrays = dict[str, NDArray[Any]]


def encode(network: IntegerNetwork) -> tuple[dict[str, Any], Arrays]:
    """JSON object and named arrays of a valid network."""
    arrays: Arrays = {}
    entry = {
        "name": network.name,
        "input": network.input,
        "output": network.output,
        "tensors": [_encode_fields(tensor, "", arrays) for tensor in network.tensors.values()],
        "layers": [
            {"type": _TYPE_NAMES[type(layer)]} | _encode_fields(layer, layer.name, arrays)
            for layer in network.layers
        ],
        "metadata": network.metadata,
    }
    return entry, arrays


def decode(entry: dict[str, Any], arrays: Arrays) -> IntegerNetwork:
    """The network that `encode` described, not yet validated.

    Raises IntegerNetworkError for missing or unknown fields, layer types and arrays.
    """
    tensors: dict[str, Tensor] = {}
    for item in _list(entry, "tensors"):
        tensor = _decode_fields(Tensor, item, {}, f"tensor {_name(item)!r}")
        check_name("tensor", tensor.name)
        if tensor.name in tensors:
            raise IntegerNetworkError(f"tensor {tensor.name!r} appears twice: export it again")
        tensors[tensor.name] = tensor
    unread = dict(arrays)
    layers = tuple(_decode_layer(item, unread) for item in _list(entry, "layers"))
    if unread:
        raise IntegerNetworkError(f"array {min(unread)!r} belongs to no layer: export it again")
    rest = {**entry, "tensors": tensors, "layers": layers}
    return IntegerNetwork(**_exact_fields(IntegerNetwork, rest, "the network"))


def _encode_fields(record: Any, prefix: str, arrays: Arrays) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name in _field_names(type(record)):
        value = getattr(record, name)
        key = f"{prefix}.{name}"
        if name == "weight":
            arrays[key] = pack(value, record.bits)
            entry[name] = {"array": key, "shape": list(value.shape)}
        elif isinstance(value, np.ndarray):
            arrays[key] = value
            entry[name] = {"array": key}
        elif isinstance(value, Requantization):
            entry[name] = _encode_fields(value, prefix, arrays)
        else:
            entry[name] = list(value) if isinstance(value, tuple) else value
    return entry


def _decode_layer(item: Any, arrays: Arrays) -> Layer:
    where = f"layer {_name(item)!r}"
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        raise IntegerNetworkError(
            f"{where} has unknown type {kind!r}: known are {', '.join(LAYER_TYPES)}"
        )
    values = {name: value for name, value in item.items() if name != "type"}
    return _decode_fields(LAYER_TYPES[kind], values, arrays, where)


def _decode_fields(cls: type[Any], item: Any, arrays: Arrays, where: str) -> Any:
    values = dict(_exact_fields(cls, item, where))
    for name, value in values.items():
        if name == "requantization":
            values[name] = _decode_fields(Requantization, value, arrays, f"{where} requantization")
        elif isinstance(value, dict):
            values[name] = _take_array(value, arrays, f"{where}: {name}", values.get("bits"))
        elif isinstance(value, list):
            values[name] = tuple(value)
    return cls(**values)


def _take_array(value: dict[str, Any], arrays: Arrays, where: str, bits: Any) -> NDArray[Any]:
    key = value.get("array")
    if not isinstance(key, str) or key not in arrays:
        raise IntegerNetworkError(f"{where}: the file has no array {key!r}: export it again")
    array = arrays.pop(key)
    if "shape" not in value:
        return array
    shape = value["shape"]
    if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape):
        raise IntegerNetworkError(f"{where}: shape {shape!r} must list sizes above 0")
    try:
        return unpack(array, bits, tuple(shape))
    except IntegerNetworkError as error:
        raise IntegerNetworkError(f"{where}: {error}") from None


def _exact_fields(cls: type[Any], item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise IntegerNetworkError(f"{where} must be a JSON object: export it again")
    names = _field_names(cls)
    for name in names:
        if name not in item:
            raise IntegerNetworkError(f"{where} has no field {name!r}: export it again")
    for name in item:
        if name not in names:
            raise IntegerNetworkError(f"{where} has unknown field {name!r}: export it again")
    return item


def _field_names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _list(entry: dict[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    if not isinstance(value, list):
        raise IntegerNetworkError(f"the manifest has no list {name!r}: export it again")
    return value


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else item
