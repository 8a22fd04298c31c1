"""Streams: unpacked word by word and multiplied out, they give the golden model's accumulators."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.errors import CompileError
from compiler.plan import LayerPlan, plan_layer
from compiler.streams import LayerStreams, collect_codes, layer_streams
from hw.config import ArrayConfig
from sim import golden
from tests.helpers.networks import random_images, random_network

CONFIGS = {
    "pair_sum": ArrayConfig(unit="pair_sum", rows=3, columns=4, lanes=10, drain_columns=2),
    "int8": ArrayConfig(unit="int8", rows=2, columns=5, lanes=7),
}


def unpack_weights(words: NDArray[np.uint8], plan: LayerPlan) -> NDArray[np.int64]:
    """[column, reduction slot] of one channel tile, straight from the meaning of the beats."""
    config = plan.config
    out = np.zeros((config.columns, plan.groups * config.lanes), np.int64)
    for step, row in enumerate(words):
        group, beat = divmod(step, plan.beats)
        word = int.from_bytes(row.tobytes(), "little")
        for column in range(config.columns):
            for lane in range(config.lanes):
                slot = group * config.lanes + lane
                place = column * config.lanes + lane
                if config.unit == "pair_sum":
                    sign = -1 if beat == plan.bits - 1 else 1
                    out[column, slot] += sign * ((word >> place & 1) << beat)
                else:
                    code = word >> 8 * place & 255
                    out[column, slot] = code - 256 if code > 127 else code
    return out


def accumulate(streams: LayerStreams) -> NDArray[np.int64]:
    """[channel, position] sums that the streams describe, bias and correction included."""
    plan, config = streams.plan, streams.plan.config
    correction = config.datapath.correction(plan.bits, plan.groups)
    out = np.zeros((plan.channel_tiles * config.columns, plan.position_tiles * config.rows), int)
    for position_tile, channel_tile in plan.tiles():
        weights = unpack_weights(streams.weights[channel_tile], plan)
        groups = streams.activations[position_tile].reshape(plan.groups, config.rows, config.lanes)
        codes = groups.transpose(1, 0, 2).reshape(config.rows, -1).astype(np.int64)
        bias = [bias for bias, _, _ in tile_parameters(streams, channel_tile)]
        tile = weights @ codes.T - correction + np.array(bias)[:, None]
        top, left = channel_tile * config.columns, position_tile * config.rows
        out[top : top + config.columns, left : left + config.rows] = tile
    return out[: plan.channels, : plan.positions]


def channel_parameters(parameters: bytes, plan: LayerPlan, column: int) -> tuple[int, int, int]:
    """Bias, multiplier and shift of one column: 32, 16 and 6 bits, packed in each drain beat."""
    per_beat = plan.config.drain_columns
    size = len(parameters) // plan.config.drain_beats
    beat, place = divmod(column, per_beat)
    word = int.from_bytes(parameters[beat * size : (beat + 1) * size], "little") >> 54 * place
    bias = word & 0xFFFFFFFF
    return bias - (1 << 32) if bias >> 31 else bias, word >> 32 & 0xFFFF, word >> 48 & 0x3F


def tile_parameters(streams: LayerStreams, channel_tile: int) -> list[tuple[int, int, int]]:
    """Parameters of every column of one channel tile."""
    words = b"".join(row.tobytes() for row in streams.parameters[channel_tile])
    columns = range(streams.plan.config.columns)
    return [channel_parameters(words, streams.plan, column) for column in columns]


@pytest.mark.parametrize("unit", CONFIGS)
@pytest.mark.parametrize("seed", [0, 1])
def test_streams_multiply_out_to_golden_accumulators(unit: str, seed: int) -> None:
    network = random_network(seed)
    image = random_images(network, 1, seed)
    codes = golden.run(network, image)
    for layer in network.mac_layers:
        plan = plan_layer(network, layer, CONFIGS[unit])
        streams = layer_streams(network, layer, plan, codes[layer.input][0])
        expected = golden.accumulators(network, layer, codes[layer.input])[0]
        np.testing.assert_array_equal(
            accumulate(streams), expected.reshape(plan.channels, -1), err_msg=layer.name
        )


@pytest.mark.parametrize("unit", CONFIGS)
def test_every_channel_has_its_multiplier_and_shift(unit: str) -> None:
    """Columns without a channel get a legal shift of 1 and multiply by 0."""
    network = random_network(0)
    for layer in network.mac_layers:
        plan = plan_layer(network, layer, CONFIGS[unit])
        codes = np.zeros(network.tensors[layer.input].shape, np.uint8)
        streams = layer_streams(network, layer, plan, codes)
        got = [
            (multiplier, shift)
            for tile in range(plan.channel_tiles)
            for _, multiplier, shift in tile_parameters(streams, tile)
        ]
        constants = layer.requantization
        expected = list(zip(constants.multiplier.tolist(), constants.shift.tolist(), strict=True))
        assert got == expected + [(0, 1)] * (len(got) - plan.channels), layer.name


def test_bias_that_overflows_with_its_correction_wraps_around() -> None:
    network = random_network(0, bits=8)
    layer = network.mac_layers[0]
    plan = plan_layer(network, layer, CONFIGS["pair_sum"])
    correction = plan.config.datapath.correction(8, plan.groups)
    bias = layer.bias.copy()
    bias[0] = (1 << 31) - 1
    layer = replace(layer, bias=bias)
    codes = np.zeros(network.tensors[layer.input].shape, np.uint8)
    streams = layer_streams(network, layer, plan, codes)
    assert correction > 0
    assert tile_parameters(streams, 0)[0][0] == correction - 1 - (1 << 31)


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (np.full((3, 9, 8), 300), "int64 of shape (3, 9, 8)"),
        (np.zeros((3, 8, 9), np.uint8), "uint8 of shape (3, 8, 9)"),
        (np.zeros((1, 3, 9, 8), np.uint8), "uint8 of shape (1, 3, 9, 8)"),
    ],
)
def test_codes_of_another_kind_are_refused(codes: NDArray[Any], told: str) -> None:
    network = random_network(0)
    layer = network.mac_layers[0]
    plan = plan_layer(network, layer, CONFIGS["pair_sum"])
    message = f"layer conv1: input codes must be uint8 of shape (3, 9, 8), not {told}"
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        layer_streams(network, layer, plan, codes)


def test_weight_words_shrink_with_the_width() -> None:
    sizes = []
    for bits in (2, 4, 8):
        network = random_network(0, bits=bits)
        layer = network.mac_layers[1]
        plan = plan_layer(network, layer, CONFIGS["pair_sum"])
        codes = np.zeros(network.tensors[layer.input].shape, np.uint8)
        sizes.append(layer_streams(network, layer, plan, codes).weights.nbytes)
    assert sizes == [sizes[0], 2 * sizes[0], 4 * sizes[0]]


def test_output_words_come_back_in_place() -> None:
    network = random_network(0)
    plan = plan_layer(network, network.mac_layers[0], CONFIGS["pair_sum"])
    config = plan.config
    expected = np.arange(plan.channels * plan.positions, dtype=np.uint32).astype(np.uint8)
    expected = expected.reshape(plan.channels, plan.positions)
    padded = np.zeros(
        (plan.channel_tiles * config.columns, plan.position_tiles * config.rows), np.uint8
    )
    padded[: plan.channels, : plan.positions] = expected
    words = []
    for position_tile, channel_tile in plan.tiles():
        for beat in range(config.drain_beats):
            first = channel_tile * config.columns + beat * config.drain_columns
            left = position_tile * config.rows
            block = padded[first : first + config.drain_columns, left : left + config.rows]
            words.append(int.from_bytes(np.ascontiguousarray(block.T).tobytes(), "little"))
    np.testing.assert_array_equal(collect_codes(plan, words), expected)
