"""Additions and pools as integers."""

import numpy as np

from quant.export.fixed_point import code_limits, common_fixed_point, fixed_point
from quant.graph import AddLayer, AveragePoolLayer, MaxPoolLayer
from quant.integer_network import Add, AveragePool, MaxPool, Requantization, Tensor


def export_add(layer: AddLayer, tensors: dict[str, Tensor]) -> Add:
    """Return the integer addition: two multipliers on one common shift."""
    target = tensors[layer.name]
    first, second = (tensors[name].scale / target.scale for name in layer.inputs)
    multiplier, shift = common_fixed_point((first, second), f"layer '{layer.name}'")
    minimum, maximum = code_limits(layer.rectifier, target)
    return Add(
        name=layer.name,
        inputs=layer.inputs,
        output=layer.name,
        multiplier=multiplier,
        shift=shift,
        zero_point=target.zero_point,
        minimum=minimum,
        maximum=maximum,
    )


def export_average_pool(layer: AveragePoolLayer, tensors: dict[str, Tensor]) -> AveragePool:
    """Return the integer average: the division is part of the multiplier."""
    source, target = tensors[layer.input], tensors[layer.name]
    count = layer.kernel[0] * layer.kernel[1]
    factor = source.scale / (count * target.scale)
    multiplier, shift = fixed_point(factor, f"layer '{layer.name}'")
    minimum, maximum = code_limits(layer.rectifier, target)
    return AveragePool(
        name=layer.name,
        input=layer.input,
        output=layer.name,
        kernel=layer.kernel,
        stride=layer.stride,
        bias=-count * source.zero_point,
        requantization=Requantization(
            multiplier=np.array([multiplier], dtype=np.uint16),
            shift=np.array([shift], dtype=np.uint8),
            zero_point=target.zero_point,
            minimum=minimum,
            maximum=maximum,
        ),
    )


def export_max_pool(layer: MaxPoolLayer) -> MaxPool:
    """Return the maximum pool, which is the same on codes."""
    return MaxPool(
        name=layer.name,
        input=layer.input,
        output=layer.name,
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
    )
