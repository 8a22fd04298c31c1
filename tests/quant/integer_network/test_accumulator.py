from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.integer_network import (
    AveragePool,
    IntegerNetwork,
    IntegerNetworkError,
    Linear,
    Requantization,
    Tensor,
    accumulator_bounds,
)

INT32_MAX = 2**31 - 1
INT32_MIN = -(2**31)


def constants(channels: int) -> Requantization:
    return Requantization(
        multiplier=np.ones(channels, np.uint16),
        shift=np.ones(channels, np.uint8),
        zero_point=0,
        minimum=0,
        maximum=255,
    )


def linear_network(inputs: int, weight: int, bias: int) -> IntegerNetwork:
    """One 8-bit linear layer of two channels; the second has all weights alike and `bias`."""
    layer = Linear(
        name="linear",
        input="in",
        output="out",
        weight=np.stack([np.zeros(inputs, np.int8), np.full(inputs, weight, np.int8)]),
        bits=8,
        bias=np.array([0, bias], np.int32),
        requantization=constants(2),
    )
    tensors = {
        "in": Tensor(name="in", shape=(inputs,), scale=1.0, zero_point=0),
        "out": Tensor(name="out", shape=(2,), scale=1.0, zero_point=0),
    }
    return IntegerNetwork(name="n", input="in", output="out", tensors=tensors, layers=(layer,))


@given(
    weight=st.lists(st.integers(-128, 127), min_size=1, max_size=40),
    bias=st.integers(-(2**30), 2**30),
)
def test_the_bounds_are_reached_by_extreme_codes(weight: list[int], bias: int):
    layer = replace(
        linear_network(len(weight), 0, 0).mac_layers[0],
        weight=np.array([weight], np.int8),
        bias=np.array([bias], np.int32),
    )
    low, high = accumulator_bounds(layer)
    assert low.tolist() == [bias + sum(255 * w for w in weight if w < 0)]
    assert high.tolist() == [bias + sum(255 * w for w in weight if w > 0)]


@pytest.mark.parametrize(
    ("weight", "bias", "step"),
    [(127, INT32_MAX - 100 * 127 * 255, 1), (-128, INT32_MIN + 100 * 128 * 255, -1)],
)
def test_the_last_int32_is_allowed_and_the_next_is_not(weight: int, bias: int, step: int):
    linear_network(100, weight, bias).validate()
    reach = (INT32_MAX if step > 0 else INT32_MIN) + step
    message = (
        rf"^layer 'linear', channel 1: the accumulator can reach {reach}, outside int32's "
        r"-2147483648\.\.2147483647: use fewer bits, a smaller bias or fewer inputs$"
    )
    with pytest.raises(IntegerNetworkError, match=message):
        linear_network(100, weight, bias + step).validate()


def test_many_inputs_overflow_without_a_bias():
    inputs = INT32_MAX // (127 * 255)
    linear_network(inputs, 127, 0).validate()
    with pytest.raises(IntegerNetworkError, match=r"^layer 'linear', channel 1: the accumulator"):
        linear_network(inputs + 1, 127, 0).validate()


def test_an_average_over_too_many_pixels_overflows():
    size = 2**12
    layer = AveragePool(
        name="mean",
        input="in",
        output="out",
        kernel=(size, size),
        stride=(1, 1),
        bias=0,
        requantization=constants(1),
    )
    tensors = {
        "in": Tensor(name="in", shape=(3, size, size), scale=1.0, zero_point=0),
        "out": Tensor(name="out", shape=(3, 1, 1), scale=1.0, zero_point=0),
    }
    network = IntegerNetwork(name="n", input="in", output="out", tensors=tensors, layers=(layer,))
    message = rf"^layer 'mean', channel 0: the accumulator can reach {255 * size * size}, outside"
    with pytest.raises(IntegerNetworkError, match=message):
        network.validate()
