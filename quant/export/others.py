"""Additions, pools and subsampling as integers."""

import numpy as np

from quant.export.fixed_point import MAX_CODE, code_limits, common_fixed_point, fixed_point
from quant.graph import AddLayer, AveragePoolLayer, MaxPoolLayer, SubsampleLayer
from quant.integer_network import (
    MIN_BITS,
    Add,
    AveragePool,
    Conv2d,
    MaxPool,
    Requantization,
    Tensor,
)


def export_add(layer: AddLayer, tensors: dict[str, Tensor], top: int) -> Add:
    """Return the integer addition: two multipliers on one common shift; codes end at `top`."""
    target = tensors[layer.name]
    first, second = (tensors[name].scale / target.scale for name in layer.inputs)
    multiplier, shift = common_fixed_point((first, second), f"layer '{layer.name}'")
    minimum, maximum = code_limits(layer.rectifier, target, top)
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


def export_average_pool(
    layer: AveragePoolLayer, tensors: dict[str, Tensor], top: int
) -> AveragePool:
    """Return the integer average: the division is in the multiplier; codes end at `top`."""
    source, target = tensors[layer.input], tensors[layer.name]
    count = layer.kernel[0] * layer.kernel[1]
    factor = source.scale / (count * target.scale)
    multiplier, shift = fixed_point(factor, f"layer '{layer.name}'")
    minimum, maximum = code_limits(layer.rectifier, target, top)
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


def export_subsample(layer: SubsampleLayer, tensors: dict[str, Tensor]) -> Conv2d:
    """Return the 1x1 convolution with weights of one, at 2 bits, that passes its codes unchanged.

    The accumulator is code - zero_point, 0 in a new channel, and the factor of the requantization
    is exactly 1.
    """
    source, target = tensors[layer.input], tensors[layer.name]
    old, channels = source.shape[0], target.shape[0]
    weight = np.zeros((channels, old, 1, 1), dtype=np.int8)
    weight[layer.channels_before + np.arange(old), np.arange(old)] = 1
    multiplier, shift = fixed_point(1.0, f"layer '{layer.name}'")
    return Conv2d(
        name=layer.name,
        input=layer.input,
        output=layer.name,
        weight=weight,
        bits=MIN_BITS,
        bias=-source.zero_point * weight.sum(axis=(1, 2, 3), dtype=np.int32),
        stride=layer.stride,
        padding=(0, 0),
        groups=1,
        requantization=Requantization(
            multiplier=np.full(channels, multiplier, dtype=np.uint16),
            shift=np.full(channels, shift, dtype=np.uint8),
            zero_point=source.zero_point,
            minimum=0,
            maximum=MAX_CODE,
        ),
    )
