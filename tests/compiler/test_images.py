"""Memory images by hand: where each weight's bits and each channel's constants stand."""

from __future__ import annotations

import numpy as np
import pytest

from compiler.images import parameter_image, weight_image
from compiler.mapping import Kind, Mapping, candidates
from compiler.memory import layout
from quant.integer_network import Conv2d, Requantization
from tests.helpers.programs import engine

# A beat is one byte: low planes of four lanes, then high planes; 2-bit weights take one.
CONFIG = engine(columns=2, lanes=4, drain_columns=1)


def convolution(weight: list[list[list[int]]], groups: int = 1, bits: int = 2) -> Conv2d:
    """weight: [output][input][tap], taps side by side."""
    outputs = len(weight)
    return Conv2d(
        name="layer",
        input="a",
        output="b",
        weight=np.array(weight, np.int8)[:, :, np.newaxis],
        bits=bits,
        bias=np.arange(10, 10 + outputs, dtype=np.int32),
        stride=(1, 1),
        padding=(0, 0),
        groups=groups,
        requantization=Requantization(
            multiplier=np.arange(100, 100 + outputs).astype(np.uint16),
            shift=np.arange(1, 1 + outputs).astype(np.uint8),
            zero_point=0,
            minimum=0,
            maximum=255,
        ),
    )


def mapping(layer: Conv2d, kind: Kind, pixel_bytes: int) -> Mapping:
    channels = layer.weight.shape[1] * layer.groups
    source = layout("a", (channels, 1, 4), pixel_bytes, CONFIG)
    return next(found for found in candidates(layer, source, CONFIG) if found.kind is kind)


def test_dense_words_hold_a_beat_of_every_column() -> None:
    """Three outputs are two tiles; the third byte of a pixel has weight 0, the last column none."""
    layer = convolution([[[1], [-2]], [[0], [1]], [[-1], [-1]]])
    image = weight_image(layer, mapping(layer, Kind.DENSE, 3), CONFIG)
    assert image.tolist() == [[0x21, 0x02], [0x33, 0x00]]


def test_wide_weights_take_words_one_after_the_other() -> None:
    """-3 is 1101: planes 1 and 0, then 1 and 1; lane 1 of output 0."""
    layer = convolution([[[0], [-3]], [[0], [0]]], bits=4)
    image = weight_image(layer, mapping(layer, Kind.DENSE, 2), CONFIG)
    assert image.tolist() == [[0x02, 0x00], [0x22, 0x00]]


def test_a_word_holds_as_many_diagonals_as_columns() -> None:
    """Five channels of two taps: three tiles of one group; lane 2 * tap + channel."""
    taps = [[1, -2], [0, 1], [1, 1], [-1, -1], [0, -2]]
    layer = convolution([[tap] for tap in taps], groups=5)
    image = weight_image(layer, mapping(layer, Kind.DIAGONAL, 5), CONFIG)
    assert image.tolist() == [[0x49, 0xAF], [0x40, 0x00]]


def test_blocks_have_zeros_where_other_groups_are() -> None:
    layer = convolution([[[1]], [[-2]], [[1]]], groups=3)
    image = weight_image(layer, mapping(layer, Kind.BLOCK_DIAGONAL, 3), CONFIG)
    assert image.tolist() == [[0x01, 0x20], [0x01, 0x00]]


@pytest.mark.parametrize("groups", [1, 2])
def test_parameters_stand_in_the_order_of_the_tiles_unused_columns_last(groups: int) -> None:
    """Six outputs: three full tiles, or two groups of three that each leave a column unused."""
    layer = convolution([[[1]] * (2 // groups)] * 6, groups=groups)
    found = mapping(layer, Kind.GROUPS if groups == 2 else Kind.DENSE, 2)
    words = [
        int.from_bytes(row.tobytes(), "little") for row in parameter_image(layer, found, CONFIG)
    ]
    # One group of lanes at 2 bits: the datapath's sums are 4 too small.
    channels = [10 + o + 4 | 100 + o << 32 | 1 + o << 48 for o in range(6)]
    unused = 1 << 48
    if groups == 2:
        channels = [*channels[:3], unused, *channels[3:], unused]
    assert words == channels


def test_a_bias_that_leaves_the_range_with_its_correction_wraps_around() -> None:
    layer = convolution([[[1]]])
    layer.bias[0] = np.iinfo(np.int32).max
    image = parameter_image(layer, mapping(layer, Kind.DENSE, 1), CONFIG)
    assert int.from_bytes(image[0].tobytes(), "little") & 0xFFFFFFFF == 0x80000003
