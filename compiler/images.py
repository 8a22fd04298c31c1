"""What lies in weight and parameter memory: the words of one layer, in the order of their use.

Words are rows of uint8 arrays, least significant byte first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compiler.mapping import Kind, Mapping
from compiler.streams import (
    UNUSED_CHANNEL,
    Words,
    channel_parameters,
    parameter_beats,
    word_rows,
)
from hw.config import EngineConfig
from hw.dot_product.interface import join
from quant.integer_network import Conv2d


def weight_image(layer: Conv2d, mapping: Mapping, config: EngineConfig) -> Words:
    """[word, bytes]: a beat of every column; in a diagonal layer `columns` beats of a diagonal."""
    columns, datapath = config.array.columns, config.array.datapath
    if mapping.kind is Kind.DIAGONAL:
        slots = [
            slot
            for tile in _in_groups(_diagonals(layer, mapping, columns), mapping, config)
            for group in tile
            for slot in datapath.pack(group, layer.bits)
        ]
        slots += [0] * (-len(slots) % columns)
        words = [
            join(slots[start : start + columns], datapath.beat_bits)
            for start in range(0, len(slots), columns)
        ]
    else:
        words = [
            word
            for tile in _matrices(layer, mapping, columns)
            for group in zip(*_in_groups(tile, mapping, config), strict=True)
            for word in datapath.group_words(group, layer.bits)
        ]
    return word_rows(words, config.weight_word_bits)


def parameter_image(layer: Conv2d, mapping: Mapping, config: EngineConfig) -> Words:
    """[word, bytes]: constants of `drain_columns` channels, tile by tile and group by group."""
    array = config.array
    channels = channel_parameters(layer, array, mapping.lane_groups(array.lanes))
    per_group = len(channels) // mapping.groups
    unused = [UNUSED_CHANNEL] * (mapping.tiles * array.columns - per_group)
    padded = [
        channel
        for start in range(0, len(channels), per_group)
        for channel in channels[start : start + per_group] + unused
    ]
    return parameter_beats(padded, array)


def _matrices(layer: Conv2d, mapping: Mapping, columns: int) -> NDArray[np.int8]:
    """[tile of all groups, column, element of the reduction]: zeros where a run has other bytes."""
    outputs, inputs = layer.weight.shape[:2]
    matrices = np.zeros(
        (mapping.groups, mapping.tiles, columns, *layer.kernel, mapping.tap_bytes), np.int8
    )
    for output, weight in enumerate(layer.weight):
        group, place = divmod(output, outputs // mapping.groups)
        tile, column = divmod(place, columns)
        first = output // (outputs // layer.groups) * inputs
        first -= group * mapping.group_step + tile * mapping.tile_step
        matrices[group, tile, column, ..., first : first + inputs] = weight.transpose(1, 2, 0)
    return matrices.reshape(mapping.groups * mapping.tiles, columns, -1)


def _diagonals(layer: Conv2d, mapping: Mapping, columns: int) -> NDArray[np.int8]:
    """[tile, element of the reduction] of a depthwise layer."""
    weight = np.zeros((mapping.tiles * columns, *layer.kernel), np.int8)
    weight[: len(layer.weight)] = layer.weight[:, 0]
    tiles = weight.reshape(mapping.tiles, columns, mapping.taps).transpose(0, 2, 1)
    return tiles.reshape(mapping.tiles, -1)


def _in_groups(
    elements: NDArray[np.int8], mapping: Mapping, config: EngineConfig
) -> list[list[list[int]]]:
    """[of the first axis][group][lane]; the last group's unused lanes hold 0."""
    lanes = config.array.lanes
    padded = np.zeros((len(elements), mapping.lane_groups(lanes) * lanes), np.int8)
    padded[:, : elements.shape[1]] = elements
    return padded.reshape(len(elements), -1, lanes).tolist()
