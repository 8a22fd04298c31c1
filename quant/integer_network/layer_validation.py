"""Validation of one layer against the tensors it reads and writes."""

from math import prod

import numpy as np

from quant.integer_network.accumulator import MAX_CODE, accumulator_bounds
from quant.integer_network.checks import check_array, check_integer, check_pair, require
from quant.integer_network.layers import (
    Add,
    AveragePool,
    Conv2d,
    Layer,
    Linear,
    MacLayer,
    MaxPool,
    Requantization,
    Shape,
    Tensor,
)
from quant.integer_network.packing import MAX_BITS, MIN_BITS, weight_range

MAX_SHIFT = 47
INT32 = np.iinfo(np.int32)


def validate_layer(layer: Layer, tensors: dict[str, Tensor]) -> None:
    """Check ranges, dtypes and shapes of `layer`, whose tensors exist in `tensors`.

    Raises IntegerNetworkError naming the layer, the field and what it must be.
    """
    where = f"layer {layer.name!r}"
    inputs = [tensors[name] for name in layer.inputs]
    output = tensors[layer.output]
    match layer:
        case Conv2d():
            _validate_conv2d(where, layer, inputs[0])
        case Linear():
            _validate_linear(where, layer, inputs[0])
        case Add():
            _validate_add(where, layer, inputs, output)
        case AveragePool():
            _validate_average_pool(where, layer, inputs[0])
        case MaxPool():
            _validate_max_pool(where, layer, inputs[0], output)
    _validate_output_shape(where, layer, [tensor.shape for tensor in inputs], output)
    if isinstance(layer, Conv2d | Linear | AveragePool):
        _validate_requantization(where, layer, output)
        _prove_accumulator(where, layer)


def _validate_conv2d(where: str, layer: Conv2d, source: Tensor) -> None:
    _require_image(where, source)
    check_pair(where, "stride", layer.stride, 1)
    check_pair(where, "padding", layer.padding, 0)
    channels = source.shape[0]
    check_integer(where, "groups", layer.groups, 1, channels)
    require(
        channels % layer.groups == 0,
        f"{where}: groups {layer.groups} does not divide the {channels} input channels",
    )
    check_array(
        where, "weight", layer.weight, np.int8, (None, channels // layer.groups, None, None)
    )
    require(
        layer.weight.shape[0] % layer.groups == 0,
        f"{where}: groups {layer.groups} does not divide the "
        f"{layer.weight.shape[0]} output channels",
    )
    _validate_weights(where, layer)


def _validate_linear(where: str, layer: Linear, source: Tensor) -> None:
    check_array(where, "weight", layer.weight, np.int8, (None, prod(source.shape)))
    _validate_weights(where, layer)


def _validate_weights(where: str, layer: MacLayer) -> None:
    check_integer(where, "bits", layer.bits, MIN_BITS, MAX_BITS)
    low, high = weight_range(layer.bits)
    outside = (layer.weight < low) | (layer.weight > high)
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        require(
            False,
            f"{where}: weight{list(index)} is {layer.weight[index]}, outside {low}..{high} "
            f"of {layer.bits} bits",
        )
    check_array(where, "bias", layer.bias, np.int32, layer.weight.shape[:1])


def _validate_add(where: str, layer: Add, inputs: list[Tensor], output: Tensor) -> None:
    require(len(inputs) == 2, f"{where}: has {len(inputs)} inputs, must have two")
    require(
        inputs[0].shape == inputs[1].shape,
        f"{where}: its inputs have shapes {inputs[0].shape} and {inputs[1].shape}, must be equal",
    )
    check_array(where, "multiplier", layer.multiplier, np.uint16, (2,))
    check_integer(where, "shift", layer.shift, 1, MAX_SHIFT)
    # The accumulator needs no proof: 2 * 255 * 65535 is below 2**25.
    _validate_codes(where, layer, output)


def _validate_average_pool(where: str, layer: AveragePool, source: Tensor) -> None:
    _require_image(where, source)
    check_pair(where, "kernel", layer.kernel, 1)
    check_pair(where, "stride", layer.stride, 1)
    bias = -layer.kernel[0] * layer.kernel[1] * source.zero_point
    require(
        type(layer.bias) is int and layer.bias == bias,
        f"{where}: bias is {layer.bias!r}, must be {bias} "
        f"(-kernel size * zero_point {source.zero_point} of {source.name!r})",
    )


def _validate_max_pool(where: str, layer: MaxPool, source: Tensor, output: Tensor) -> None:
    _require_image(where, source)
    check_pair(where, "kernel", layer.kernel, 1)
    check_pair(where, "stride", layer.stride, 1)
    check_pair(where, "padding", layer.padding, 0)
    require(
        all(p < k for p, k in zip(layer.padding, layer.kernel, strict=True)),
        f"{where}: padding {layer.padding} must be smaller than kernel {layer.kernel}",
    )
    require(
        (source.scale, source.zero_point) == (output.scale, output.zero_point),
        f"{where}: {source.name!r} and {output.name!r} must share scale and zero_point, "
        "as codes pass unchanged",
    )


def _require_image(where: str, source: Tensor) -> None:
    require(
        len(source.shape) == 3,
        f"{where}: input {source.name!r} has shape {source.shape}, "
        "must be (channels, height, width)",
    )


def _validate_output_shape(where: str, layer: Layer, inputs: list[Shape], output: Tensor) -> None:
    shape = layer.output_shape(*inputs)
    require(
        min(shape) > 0, f"{where}: its kernel is larger than its padded input of shape {inputs[0]}"
    )
    require(
        shape == output.shape,
        f"{where}: computes shape {shape}, but tensor {output.name!r} has {output.shape}",
    )


def _validate_requantization(
    where: str, layer: Conv2d | Linear | AveragePool, output: Tensor
) -> None:
    constants = layer.requantization
    require(
        isinstance(constants, Requantization),
        f"{where}: requantization must be a Requantization",
    )
    channels = 1 if isinstance(layer, AveragePool) else layer.weight.shape[0]
    check_array(where, "multiplier", constants.multiplier, np.uint16, (channels,))
    check_array(where, "shift", constants.shift, np.uint8, (channels,))
    outside = (constants.shift < 1) | (constants.shift > MAX_SHIFT)
    if outside.any():
        channel = int(np.argmax(outside))
        check_integer(
            f"{where}, channel {channel}", "shift", int(constants.shift[channel]), 1, MAX_SHIFT
        )
    _validate_codes(where, constants, output)


def _validate_codes(where: str, constants: Requantization | Add, output: Tensor) -> None:
    check_integer(where, "zero_point", constants.zero_point, 0, MAX_CODE)
    check_integer(where, "minimum", constants.minimum, 0, MAX_CODE)
    check_integer(where, "maximum", constants.maximum, constants.minimum, MAX_CODE)
    require(
        constants.zero_point == output.zero_point,
        f"{where}: zero_point is {constants.zero_point}, but tensor {output.name!r} "
        f"has {output.zero_point}",
    )


def _prove_accumulator(where: str, layer: MacLayer | AveragePool) -> None:
    low, high = accumulator_bounds(layer)
    for bound, outside in ((low, low < INT32.min), (high, high > INT32.max)):
        if outside.any():
            channel = int(np.argmax(outside))
            require(
                False,
                f"{where}, channel {channel}: the accumulator can reach {bound[channel]}, outside "
                f"int32's {INT32.min}..{INT32.max}: use fewer bits, a smaller bias or fewer inputs",
            )
