"""Each layer of an integer network as a function from codes to codes, bit-exact.

Layers are valid (`IntegerNetwork.validate`); codes are uint8 with a leading batch axis.
"""

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import (
    Add,
    AveragePool,
    Conv2d,
    Layer,
    Linear,
    MacLayer,
    MaxPool,
    Requantization,
    Tensor,
)
from sim.golden.accumulators import mac_accumulators
from sim.golden.arithmetic import requantize, rounding_shift, saturate
from sim.golden.windows import windows

Codes = NDArray[np.uint8]


def run_layer(layer: Layer, inputs: list[Codes], tensors: list[Tensor]) -> Codes:
    """Output codes of `layer` for its `inputs`, whose scales and zero-points `tensors` hold."""
    match layer:
        case Conv2d() | Linear():
            return mac(layer, inputs[0], tensors[0].zero_point)
        case Add():
            zero_points = (tensors[0].zero_point, tensors[1].zero_point)
            return add(layer, inputs[0], inputs[1], zero_points)
        case AveragePool():
            return average_pool(layer, inputs[0])
        case MaxPool():
            return max_pool(layer, inputs[0])


def mac(layer: MacLayer, codes: Codes, zero_point: int) -> Codes:
    """A convolution uint8[N, O, OH, OW] or linear layer uint8[N, O], requantized per channel."""
    return requantize_channels(mac_accumulators(layer, codes, zero_point), layer.requantization)


def requantize_channels(
    accumulator: NDArray[np.integer], constants: Requantization
) -> NDArray[np.uint8]:
    """Requantize an accumulator [N, C, ...] with `constants` of C channels, or one for all."""
    shape = (-1, *(1,) * (accumulator.ndim - 2))
    return requantize(
        accumulator,
        multiplier=constants.multiplier.reshape(shape),
        shift=constants.shift.reshape(shape),
        zero_point=constants.zero_point,
        minimum=constants.minimum,
        maximum=constants.maximum,
    )


def add(layer: Add, one: Codes, other: Codes, zero_points: tuple[int, int]) -> Codes:
    """Sum of two tensors of one shape, each brought to the output's scale by its multiplier."""
    accumulator = (one.astype(np.int64) - zero_points[0]) * int(layer.multiplier[0])
    accumulator += (other.astype(np.int64) - zero_points[1]) * int(layer.multiplier[1])
    rounded = rounding_shift(accumulator, layer.shift)
    return saturate(rounded, layer.zero_point, layer.minimum, layer.maximum)


def average_pool(layer: AveragePool, codes: Codes) -> Codes:
    """uint8[N, C, OH, OW] of the windows' sums, requantized."""
    sums = windows(codes, layer.kernel, layer.stride).sum(axis=(4, 5), dtype=np.int64)
    return requantize_channels(sums + layer.bias, layer.requantization)


def max_pool(layer: MaxPool, codes: Codes) -> Codes:
    """uint8[N, C, OH, OW] of the windows' largest codes."""
    return windows(codes, layer.kernel, layer.stride, layer.padding).max(axis=(4, 5))
