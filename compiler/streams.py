"""The words of one layer's streams: activation groups by im2col, weight beats, parameters, outputs.

Words are rows of uint8 arrays, least significant byte first, the fields packed without gaps as in
the layouts of `hw.array` and `hw.matrix_unit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from compiler.errors import CompileError
from compiler.plan import LayerPlan, input_shape
from hw.config import ArrayConfig
from hw.dot_product.interface import ACTIVATION_BITS
from hw.matrix_unit import parameters_shape
from quant.integer_network import Conv2d, IntegerNetwork, MacLayer

Words = NDArray[np.uint8]
UNUSED_CHANNEL = {"bias": 0, "multiplier": 0, "shift": 1}


@dataclass(frozen=True, kw_only=True)
class LayerStreams:
    """What one layer's streams carry.

    activations: [position tile, group, bytes]. weights: [channel tile, step, bytes].
    parameters: [channel tile, drain beat, bytes].
    zero_point, minimum, maximum: the layer's output codes.
    """

    plan: LayerPlan
    activations: Words
    weights: Words
    parameters: Words
    zero_point: int
    minimum: int
    maximum: int


def layer_streams(
    network: IntegerNetwork, layer: MacLayer, plan: LayerPlan, codes: NDArray[np.uint8]
) -> LayerStreams:
    """Streams of `layer` for one image.

    codes: its input, uint8 of that tensor's shape; CompileError where it is anything else.
    """
    shape = network.tensors[layer.input].shape
    if codes.dtype != np.uint8 or codes.shape != shape:
        raise CompileError(
            f"layer {layer.name}: input codes must be uint8 of shape {shape}, not {codes.dtype} of "
            f"shape {codes.shape}"
        )
    return LayerStreams(
        plan=plan,
        activations=activation_words(network, layer, plan, codes),
        weights=weight_words(layer, plan),
        parameters=parameter_words(layer, plan),
        zero_point=layer.requantization.zero_point,
        minimum=layer.requantization.minimum,
        maximum=layer.requantization.maximum,
    )


def activation_words(
    network: IntegerNetwork, layer: MacLayer, plan: LayerPlan, codes: NDArray[np.uint8]
) -> Words:
    """im2col: [position tile, group, rows * lanes] codes; unused rows and lanes hold 0."""
    channels, height, width = input_shape(network, layer)
    image = codes.reshape(channels, height, width)
    if isinstance(layer, Conv2d):
        patches = _patches(image, layer, network.tensors[layer.input].zero_point, plan.positions)
    else:
        patches = image.reshape(1, -1)
    rows, lanes = plan.config.rows, plan.config.lanes
    padded = np.zeros((plan.position_tiles * rows, plan.groups * lanes), np.uint8)
    padded[: plan.positions, : plan.reduction] = patches
    tiles = padded.reshape(plan.position_tiles, rows, plan.groups, lanes)
    return np.ascontiguousarray(tiles.transpose(0, 2, 1, 3)).reshape(
        plan.position_tiles, plan.groups, rows * lanes
    )


def _patches(
    image: NDArray[np.uint8], layer: Conv2d, zero_point: int, positions: int
) -> NDArray[np.uint8]:
    """[position, reduction element] codes of the first output positions, in row-major order."""
    (kernel_height, kernel_width), (down, across) = layer.kernel, layer.padding
    padded = np.pad(
        image, ((0, 0), (down, down), (across, across)), constant_values=np.uint8(zero_point)
    )
    output_width = (padded.shape[2] - kernel_width) // layer.stride[1] + 1
    patches = np.empty((positions, layer.weight[0].size), np.uint8)
    for position in range(positions):
        y = position // output_width * layer.stride[0]
        x = position % output_width * layer.stride[1]
        window = padded[:, y : y + kernel_height, x : x + kernel_width]
        patches[position] = window.transpose(1, 2, 0).reshape(-1)
    return patches


def weight_words(layer: MacLayer, plan: LayerPlan) -> Words:
    """[channel tile, group * beats, bytes]: one beat of every column; unused weights are 0."""
    tiles = range(plan.channel_tiles)
    words = [word for tile in tiles for word in tile_weights(layer, plan, tile)]
    rows = word_rows(words, plan.config.datapath.beat_bits * plan.config.columns)
    return rows.reshape(plan.channel_tiles, plan.steps_per_tile, -1)


def tile_weights(layer: MacLayer, plan: LayerPlan, channel_tile: int) -> list[int]:
    """Weight words of one channel tile, a step each; fewer where the datapath skips some."""
    columns, lanes = plan.config.columns, plan.config.lanes
    weight = layer.weight[channel_tile * columns :][:columns]
    if isinstance(layer, Conv2d):
        weight = weight.transpose(0, 2, 3, 1)
    padded = np.zeros((columns, plan.groups * lanes), np.int64)
    padded[: len(weight), : plan.reduction] = weight.reshape(len(weight), -1)
    groups = padded.reshape(columns, plan.groups, lanes).transpose(1, 0, 2)
    datapath = plan.config.datapath
    return [word for group in groups.tolist() for word in datapath.group_words(group, plan.bits)]


def parameter_words(layer: MacLayer, plan: LayerPlan) -> Words:
    """[channel tile, drain beat, bytes]: constants of `drain_columns` channels."""
    config = plan.config
    channels = channel_parameters(layer, config, plan.groups)
    channels += [UNUSED_CHANNEL] * (plan.channel_tiles * config.columns - plan.channels)
    return parameter_beats(channels, config).reshape(plan.channel_tiles, config.drain_beats, -1)


def channel_parameters(layer: MacLayer, config: ArrayConfig, groups: int) -> list[dict[str, int]]:
    """`ChannelParameters` of every output channel, for a reduction of `groups` groups of lanes.

    The requantizer adds modulo 2^32 and the layer's true accumulators fit 32 bits, so a bias that
    leaves them together with the datapath's correction wraps around.
    """
    constants, correction = layer.requantization, config.datapath.correction(layer.bits, groups)
    return [
        {"bias": bias + correction, "multiplier": multiplier, "shift": shift}
        for bias, multiplier, shift in zip(
            layer.bias.tolist(),
            constants.multiplier.tolist(),
            constants.shift.tolist(),
            strict=True,
        )
    ]


def parameter_beats(channels: Sequence[dict[str, int]], config: ArrayConfig) -> Words:
    """[drain beat, bytes] of channels that fill whole beats."""
    shape = parameters_shape(config)
    beats = (
        shape.const(channels[start : start + config.drain_columns]).as_value().value
        for start in range(0, len(channels), config.drain_columns)
    )
    return word_rows(beats, shape.size)


def collect_codes(plan: LayerPlan, words: Sequence[int]) -> NDArray[np.uint8]:
    """Output codes [channel, position] from the output stream's words in order of arrival."""
    config = plan.config
    beat = config.rows * config.drain_columns * ACTIVATION_BITS // 8
    raw = np.frombuffer(b"".join(word.to_bytes(beat, "little") for word in words), np.uint8)
    beats = raw.reshape(
        plan.position_tiles,
        plan.channel_tiles,
        config.drain_beats,
        config.rows,
        config.drain_columns,
    )
    channels = beats.transpose(1, 2, 4, 0, 3).reshape(plan.channel_tiles * config.columns, -1)
    return channels[: plan.channels, : plan.positions]


def word_rows(words: Iterable[int], bits: int) -> Words:
    """[word, bytes] of words of `bits` bits, least significant byte first."""
    size = ceil(bits / 8)
    raw = b"".join(word.to_bytes(size, "little") for word in words)
    return np.frombuffer(raw, np.uint8).reshape(-1, size)
