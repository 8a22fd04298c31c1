"""The whole network: its tensors' grids and its layers in execution order."""

from collections.abc import Mapping
from typing import Any

from quant.errors import ExportError
from quant.export.macs import export_mac
from quant.export.others import (
    export_add,
    export_average_pool,
    export_max_pool,
    export_subsample,
)
from quant.graph import AddLayer, AveragePoolLayer, GraphLayer, MaxPoolLayer, SubsampleLayer
from quant.integer_network import IntegerNetwork, Layer, Tensor
from quant.model import QuantizedModel


def to_integer_network(
    model: QuantizedModel, name: str, metadata: Mapping[str, Any] | None = None
) -> IntegerNetwork:
    """Return the validated integer network of a calibrated `model`; tensors are named by layers.

    `metadata` (JSON values) is kept with it. Raises ExportError for numbers that the arithmetic
    cannot hold, IntegerNetworkError where an accumulator could overflow.
    """
    if any(quantizer.mode != "on" for quantizer in model.activation_quantizers()):
        raise ExportError(f"network '{name}' is not calibrated: call quant.calibrate.calibrate")
    tensors = _tensors(model)
    tops = {name: model.quantizer(name).top for name in tensors}
    network = IntegerNetwork(
        name=name,
        input=model.graph.input,
        output=model.graph.output,
        tensors=tensors,
        layers=tuple(_layer(model, layer, tensors, tops) for layer in model.graph.layers),
        metadata=dict(metadata or {}),
    )
    network.validate()
    return network


def _tensors(model: QuantizedModel) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, shape in model.graph.shapes.items():
        quantizer = model.quantizer(name)
        scale, zero_point = float(quantizer.scale), int(quantizer.zero_point)
        tensors[name] = Tensor(name=name, shape=shape, scale=scale, zero_point=zero_point)
    return tensors


def _layer(
    model: QuantizedModel, layer: GraphLayer, tensors: dict[str, Tensor], tops: dict[str, int]
) -> Layer:
    if isinstance(layer, AddLayer):
        return export_add(layer, tensors, tops[layer.name])
    if isinstance(layer, AveragePoolLayer):
        return export_average_pool(layer, tensors, tops[layer.name])
    if isinstance(layer, MaxPoolLayer):
        return export_max_pool(layer)
    if isinstance(layer, SubsampleLayer):
        return export_subsample(layer, tensors)
    return export_mac(model.mac_units[layer.name], tensors, tops)
