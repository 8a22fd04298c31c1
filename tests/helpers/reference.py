"""Layers in plain Python integers and loops: slow, obvious, and independent of the golden model."""

from fractions import Fraction
from itertools import product
from math import floor
from typing import TypeAlias

from quant.integer_network import (
    Add,
    AveragePool,
    Conv2d,
    IntegerNetwork,
    Layer,
    Linear,
    MaxPool,
    Requantization,
)

Image: TypeAlias = list[list[list[int]]]  # [channel][row][column]


def requantize(
    accumulator: int, multiplier: int, shift: int, zero_point: int, minimum: int, maximum: int
) -> int:
    """Round `accumulator * multiplier / 2**shift` to the nearest integer, halves up, and clamp."""
    rounded = floor(Fraction(accumulator * multiplier, 2**shift) + Fraction(1, 2))
    return min(max(zero_point + rounded, minimum), maximum)


def conv2d(layer: Conv2d, image: Image, zero_point: int) -> Image:
    """Accumulators of one image, by the sum of the definition."""
    weight, bias = layer.weight.tolist(), layer.bias.tolist()
    channels, rows, columns = layer.output_shape((len(image), len(image[0]), len(image[0][0])))
    per_group = channels // layer.groups
    return [
        [
            [
                bias[o]
                + sum(
                    weight[o][i][ky][kx]
                    * _pixel(
                        image[(o // per_group) * len(weight[o]) + i],
                        y * layer.stride[0] + ky - layer.padding[0],
                        x * layer.stride[1] + kx - layer.padding[1],
                        zero_point,
                    )
                    for i, ky, kx in product(
                        range(len(weight[o])), range(layer.kernel[0]), range(layer.kernel[1])
                    )
                )
                for x in range(columns)
            ]
            for y in range(rows)
        ]
        for o in range(channels)
    ]


def linear(layer: Linear, codes: list[int]) -> list[int]:
    """Accumulators of one flattened input."""
    rows = zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
    return [bias + sum(w * x for w, x in zip(row, codes, strict=True)) for row, bias in rows]


def add(layer: Add, one: int, other: int, zero_points: tuple[int, int]) -> int:
    """Code of the sum of two codes."""
    first, second = layer.multiplier.tolist()
    accumulator = (one - zero_points[0]) * first + (other - zero_points[1]) * second
    return requantize(accumulator, 1, layer.shift, layer.zero_point, layer.minimum, layer.maximum)


def pool_windows(layer: AveragePool | MaxPool, plane: list[list[int]]) -> list[list[list[int]]]:
    """The codes of each window of one channel's plane, padding left out: [row][column][codes]."""
    padding = layer.padding if isinstance(layer, MaxPool) else (0, 0)
    shape = layer.output_shape((1, len(plane), len(plane[0])))
    return [
        [
            [
                plane[row][column]
                for row in range(len(plane))
                for column in range(len(plane[0]))
                if 0 <= row + padding[0] - y * layer.stride[0] < layer.kernel[0]
                and 0 <= column + padding[1] - x * layer.stride[1] < layer.kernel[1]
            ]
            for x in range(shape[2])
        ]
        for y in range(shape[1])
    ]


def run(network: IntegerNetwork, image: Image) -> dict[str, list]:
    """Codes of every tensor for one image, as nested lists."""
    codes: dict[str, list] = {network.input: image}
    for layer in network.layers:
        inputs = [codes[name] for name in layer.inputs]
        zero_points = [network.tensors[name].zero_point for name in layer.inputs]
        codes[layer.output] = _run_layer(layer, inputs, zero_points)
    return codes


def _run_layer(layer: Layer, inputs: list[list], zero_points: list[int]) -> list:
    image = inputs[0]
    match layer:
        case Conv2d():
            return _requantize_image(conv2d(layer, image, zero_points[0]), layer.requantization)
        case Linear():
            sums = linear(layer, _flatten(image))
            return [_requantize(acc, layer.requantization, o) for o, acc in enumerate(sums)]
        case Add():
            pair = (zero_points[0], zero_points[1])
            return [
                [
                    [add(layer, a, b, pair) for a, b in zip(*rows, strict=True)]
                    for rows in zip(*planes, strict=True)
                ]
                for planes in zip(image, inputs[1], strict=True)
            ]
        case AveragePool():
            return [
                [
                    [
                        _requantize(sum(window) + layer.bias, layer.requantization, 0)
                        for window in row
                    ]
                    for row in pool_windows(layer, plane)
                ]
                for plane in image
            ]
        case MaxPool():
            return [
                [[max(window) for window in row] for row in pool_windows(layer, plane)]
                for plane in image
            ]


def _pixel(plane: list[list[int]], row: int, column: int, outside: int) -> int:
    if 0 <= row < len(plane) and 0 <= column < len(plane[0]):
        return plane[row][column]
    return outside


def _requantize_image(sums: Image, constants: Requantization) -> Image:
    return [
        [[_requantize(acc, constants, o) for acc in row] for row in plane]
        for o, plane in enumerate(sums)
    ]


def _requantize(accumulator: int, constants: Requantization, channel: int) -> int:
    return requantize(
        accumulator,
        int(constants.multiplier[channel]),
        int(constants.shift[channel]),
        constants.zero_point,
        constants.minimum,
        constants.maximum,
    )


def _flatten(values: list) -> list[int]:
    if isinstance(values[0], int):
        return values
    return [code for inner in values for code in _flatten(inner)]
