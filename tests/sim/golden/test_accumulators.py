from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quant.integer_network import Conv2d, Linear, Requantization
from sim.golden.accumulators import _exact_dtype, conv2d_accumulators, linear_accumulators
from tests.helpers import reference

NO_CONSTANTS = Requantization(
    multiplier=np.ones(1, np.uint16), shift=np.ones(1, np.uint8), zero_point=0, minimum=0, maximum=0
)


def random_conv(
    rng: np.random.Generator,
    weight_shape: tuple[int, int, int, int],
    *,
    bits: int = 8,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    groups: int = 1,
) -> Conv2d:
    limit = 1 << (bits - 1)
    return Conv2d(
        name="conv",
        input="in",
        output="out",
        weight=rng.integers(-limit, limit, weight_shape, dtype=np.int8),
        bits=bits,
        bias=rng.integers(-(2**20), 2**20, weight_shape[0], dtype=np.int32),
        stride=stride,
        padding=padding,
        groups=groups,
        requantization=NO_CONSTANTS,
    )


def random_linear(rng: np.random.Generator, outputs: int, inputs: int) -> Linear:
    return Linear(
        name="linear",
        input="in",
        output="out",
        weight=rng.integers(-128, 128, (outputs, inputs), dtype=np.int8),
        bits=8,
        bias=rng.integers(-(2**20), 2**20, outputs, dtype=np.int32),
        requantization=NO_CONSTANTS,
    )


def random_codes(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, dtype=np.uint8)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv2d, np.ndarray, int]:
    """A small convolution of any geometry, codes for it, and a zero-point."""
    groups = draw(st.integers(1, 3))
    inputs, outputs = (groups * draw(st.integers(1, 2)) for _ in range(2))
    kernel, stride, padding, extra = (
        (draw(st.integers(low, 3)), draw(st.integers(low, 3))) for low in (1, 1, 0, 0)
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    layer = random_conv(
        rng,
        (outputs, inputs // groups, *kernel),
        bits=draw(st.integers(2, 8)),
        stride=stride,
        padding=padding,
        groups=groups,
    )
    size = (kernel[0] + extra[0], kernel[1] + extra[1])
    return layer, random_codes(rng, 2, inputs, *size), draw(st.integers(0, 255))


@given(convolutions())
def test_conv2d_is_the_sum_of_its_definition(case: tuple[Conv2d, np.ndarray, int]):
    layer, codes, zero_point = case
    sums = conv2d_accumulators(layer, codes, zero_point)
    assert sums.dtype == np.int32
    assert sums.flags.c_contiguous
    for image, result in zip(codes.tolist(), sums.tolist(), strict=True):
        assert result == reference.conv2d(layer, image, zero_point)


@given(convolutions(), st.integers(1, 100))
def test_a_folded_zero_point_does_not_change_the_accumulators(
    case: tuple[Conv2d, np.ndarray, int], step: int
):
    layer, codes, zero_point = case
    codes = np.minimum(codes, 255 - step).astype(np.uint8)
    zero_point = min(zero_point, 255 - step)
    sums = layer.weight.sum(axis=(1, 2, 3), dtype=np.int32)
    raised = replace(layer, bias=layer.bias - step * sums)
    np.testing.assert_array_equal(
        conv2d_accumulators(raised, codes + np.uint8(step), zero_point + step),
        conv2d_accumulators(layer, codes, zero_point),
    )


@pytest.mark.parametrize(
    ("weight_shape", "image", "stride", "padding", "groups"),
    [
        ((32, 16, 3, 3), (16, 32, 32), (1, 1), (1, 1), 1),
        ((64, 64, 3, 3), (64, 9, 9), (2, 2), (1, 1), 1),
        ((48, 64, 1, 1), (64, 10, 12), (2, 1), (0, 0), 1),
        ((32, 1, 5, 3), (32, 16, 16), (1, 2), (2, 1), 32),
        ((16, 8, 3, 3), (32, 8, 8), (1, 1), (1, 1), 4),
    ],
)
def test_conv2d_agrees_with_torch_on_real_values(
    weight_shape: tuple[int, int, int, int],
    image: tuple[int, int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    groups: int,
):
    rng = np.random.default_rng(0)
    layer = random_conv(rng, weight_shape, stride=stride, padding=padding, groups=groups)
    codes, zero_point = random_codes(rng, 3, *image), 117
    sums = layer.weight.sum(axis=(1, 2, 3), dtype=np.int32)
    folded = replace(layer, bias=layer.bias - zero_point * sums)
    # torch pads the real value zero; float64 is exact for integers of this size.
    expected = torch.nn.functional.conv2d(
        torch.from_numpy(codes.astype(np.float64) - zero_point),
        torch.from_numpy(layer.weight.astype(np.float64)),
        torch.from_numpy(layer.bias.astype(np.float64)),
        stride=stride,
        padding=padding,
        groups=groups,
    )
    result = conv2d_accumulators(folded, codes, zero_point)
    np.testing.assert_array_equal(result, expected.numpy().astype(np.int64))


def test_linear_flattens_in_c_order():
    rng = np.random.default_rng(1)
    layer, codes = random_linear(rng, 5, 24), random_codes(rng, 3, 2, 3, 4)
    expected = [reference.linear(layer, image) for image in codes.reshape(3, 24).tolist()]
    result = linear_accumulators(layer, codes)
    assert result.dtype == np.int32
    assert result.tolist() == expected


@pytest.mark.parametrize(("inputs", "dtype"), [(518, np.float32), (519, np.float64)])
def test_the_float_type_is_the_one_proved_exact(inputs: int, dtype: type):
    # 255 * 127 * 518 is the last multiple below 2**24, the end of float32's exact integers.
    layer = replace(
        random_linear(np.random.default_rng(2), 1, inputs),
        weight=np.full((1, inputs), 127, np.int8),
        bias=np.zeros(1, np.int32),
    )
    assert _exact_dtype(layer.weight) is dtype
    codes = np.full((1, inputs), 255, np.uint8)
    codes[0, 0] = 254
    assert linear_accumulators(layer, codes).tolist() == [[127 * (255 * inputs - 1)]]


@pytest.mark.parametrize("inputs", [100, 500, 2000, 66_000])
def test_sums_up_to_the_end_of_int32_are_exact(inputs: int):
    rng = np.random.default_rng(inputs)
    layer, codes = random_linear(rng, 4, inputs), random_codes(rng, 2, inputs)
    layer.weight[:2] = np.abs(layer.weight[:2] | 64)  # large sums, no cancellation
    expected = codes.astype(np.int64) @ layer.weight.T.astype(np.int64) + layer.bias
    np.testing.assert_array_equal(linear_accumulators(layer, codes), expected)
