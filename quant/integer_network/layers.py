"""The layers of an integer network: frozen records of codes, widths and requantization constants.

Activations are unsigned 8-bit codes; their real value is `scale * (code - zero_point)`.
Weights are two's complement at the layer's own width and symmetric (zero-point 0), with one scale
per output channel that lives on in the requantization constants.
Every layer answers `inputs` (tensor names) and `output_shape(*input_shapes)`; no shape here has a
batch axis.
"""

from dataclasses import dataclass, field
from math import prod
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from quant.integer_network.record import Record

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An activation tensor of `shape` (channels, height, width) or (channels,), no batch axis.

    `scale` is positive; `zero_point` in 0..255 is the code of the real value zero.
    """

    name: str
    shape: Shape
    scale: float
    zero_point: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Requantization(Record):
    """Constants that bring a 32-bit accumulator back to an 8-bit code, one pair per output channel.

    `code = clamp(zero_point + ((acc * multiplier + 2**(shift - 1)) >> shift), minimum, maximum)`
    with `multiplier` uint16[channels] and `shift` uint8[channels] in 1..47; the three others are
    codes in 0..255. A ReLU is `zero_point = minimum = 0`; `maximum` clips it.
    """

    multiplier: NDArray[np.uint16] = field(repr=False)
    shift: NDArray[np.uint8] = field(repr=False)
    zero_point: int
    minimum: int
    maximum: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv2d(Record):
    """Convolution (cross-correlation): `acc[o] = bias[o] + sum(x * weight[o])`.

    `weight` int8[out_channels, in_channels // groups, kernel_height, kernel_width] uses the full
    range of `bits`; `bias` int32[out_channels] already holds `-zero_point * sum(weight[o])` of the
    input's zero-point. Padding pixels carry the input's zero-point.
    """

    name: str
    input: str
    output: str
    weight: NDArray[np.int8] = field(repr=False)
    bits: int
    bias: NDArray[np.int32] = field(repr=False)
    stride: tuple[int, int]
    padding: tuple[int, int]
    groups: int
    requantization: Requantization

    @property
    def inputs(self) -> tuple[str]:
        """The name of the input tensor, as a tuple."""
        return (self.input,)

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return self.weight.shape[2], self.weight.shape[3]

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of `shape` (channels, height, width)."""
        return (self.weight.shape[0], *_windows(shape, self.kernel, self.stride, self.padding))


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear(Record):
    """Fully connected layer on the input flattened in C order: `acc[o] = bias[o] + weight[o] @ x`.

    `weight` int8[out_features, in_features] uses the full range of `bits`; `bias`
    int32[out_features] already holds `-zero_point * sum(weight[o])` of the input's zero-point.
    """

    name: str
    input: str
    output: str
    weight: NDArray[np.int8] = field(repr=False)
    bits: int
    bias: NDArray[np.int32] = field(repr=False)
    requantization: Requantization

    @property
    def inputs(self) -> tuple[str]:
        """The name of the input tensor, as a tuple."""
        return (self.input,)

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of the output: (out_features,), whatever the input's `shape`."""
        del shape
        return (self.weight.shape[0],)


@dataclass(frozen=True, kw_only=True, eq=False)
class Add(Record):
    """Residual addition of two tensors of one shape, each with its own scale and zero-point.

    `acc = (a - zero_point_a) * multiplier[0] + (b - zero_point_b) * multiplier[1]`, then
    `code = clamp(zero_point + ((acc + 2**(shift - 1)) >> shift), minimum, maximum)`;
    `multiplier` uint16[2], one common `shift` in 1..47.
    """

    name: str
    inputs: tuple[str, str]
    output: str
    multiplier: NDArray[np.uint16] = field(repr=False)
    shift: int
    zero_point: int
    minimum: int
    maximum: int

    def output_shape(self, shape: Shape, other: Shape) -> Shape:
        """Shape of the output: that of both inputs (validation holds them equal)."""
        del other
        return shape


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragePool(Record):
    """Average over windows: `acc = bias + sum(x)`, requantized by one multiplier and shift.

    `bias` is `-kernel_height * kernel_width * zero_point` of the input's zero-point; the division
    by the window's size is part of the multiplier. Global pooling has the input's size as kernel.
    """

    name: str
    input: str
    output: str
    kernel: tuple[int, int]
    stride: tuple[int, int]
    bias: int
    requantization: Requantization

    @property
    def inputs(self) -> tuple[str]:
        """The name of the input tensor, as a tuple."""
        return (self.input,)

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of `shape` (channels, height, width)."""
        return (shape[0], *_windows(shape, self.kernel, self.stride, (0, 0)))


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxPool(Record):
    """Maximum of the codes of each window; padding carries code 0 and so never wins."""

    name: str
    input: str
    output: str
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @property
    def inputs(self) -> tuple[str]:
        """The name of the input tensor, as a tuple."""
        return (self.input,)

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of `shape` (channels, height, width)."""
        return (shape[0], *_windows(shape, self.kernel, self.stride, self.padding))


MacLayer: TypeAlias = Conv2d | Linear
Layer: TypeAlias = Conv2d | Linear | Add | AveragePool | MaxPool


def macs(layer: MacLayer, output_shape: Shape) -> int:
    """Multiply-accumulates of one image through `layer`, padding pixels included."""
    positions = prod(output_shape[1:])
    return layer.weight.size * positions


def _windows(
    shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> Shape:
    sizes = zip(shape[1:], kernel, stride, padding, strict=True)
    return tuple((size + 2 * p - k) // s + 1 for size, k, s, p in sizes)
