import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.golden import requantize
from sim.golden.arithmetic import rounding_shift
from tests.helpers import reference

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

accumulators = st.integers(INT32_MIN, INT32_MAX) | st.integers(-300, 300)
multipliers = st.integers(0, 65535) | st.sampled_from([0, 1, 32768, 65535])
shifts = st.integers(1, 47)
codes = st.integers(0, 255)


@given(accumulators, multipliers, shifts, codes, codes, codes)
@example(INT32_MIN, 65535, 47, 0, 0, 255)
@example(INT32_MAX, 65535, 47, 0, 0, 255)
@example(INT32_MIN, 65535, 1, 255, 0, 255)
@example(INT32_MAX, 65535, 1, 0, 0, 255)
@example(-1, 32768, 16, 128, 0, 255)  # exactly -1/2
@example(-3, 32768, 16, 128, 0, 255)  # exactly -3/2
def test_requantize_is_exact_rational_arithmetic(
    accumulator: int, multiplier: int, shift: int, zero_point: int, one: int, other: int
):
    minimum, maximum = sorted((one, other))
    code = requantize(
        np.array([accumulator], np.int32),
        multiplier=multiplier,
        shift=shift,
        zero_point=zero_point,
        minimum=minimum,
        maximum=maximum,
    )
    assert code.dtype == np.uint8
    expected = reference.requantize(accumulator, multiplier, shift, zero_point, minimum, maximum)
    assert code.tolist() == [expected]


@pytest.mark.parametrize(
    ("accumulator", "rounded"),
    [(-7, -3), (-6, -3), (-5, -2), (-3, -1), (-2, -1), (-1, 0), (0, 0), (1, 1), (3, 2), (5, 3)],
)
def test_halves_go_up_on_both_sides_of_zero(accumulator: int, rounded: int):
    product = np.array([accumulator * 2**30], np.int64)
    assert rounding_shift(product, 31).tolist() == [rounded]


def test_codes_saturate_at_both_ends():
    wide = np.array([INT32_MIN, -1000, 0, 1000, INT32_MAX])
    limits = {"zero_point": 100, "minimum": 20, "maximum": 230}
    code = requantize(wide, multiplier=65535, shift=16, **limits)
    assert code.tolist() == [20, 20, 100, 230, 230]


@given(st.lists(accumulators, min_size=2, max_size=2), multipliers, shifts)
def test_requantize_never_reverses_an_order(pair: list[int], multiplier: int, shift: int):
    low, high = requantize(
        np.array(sorted(pair), np.int32),
        multiplier=multiplier,
        shift=shift,
        zero_point=128,
        minimum=0,
        maximum=255,
    ).tolist()
    assert low <= high


def test_constants_broadcast_per_channel():
    accumulator = np.arange(-12, 12, dtype=np.int32).reshape(2, 3, 4)
    multiplier = np.array([40_000, 50_000, 60_000], np.uint16)
    shift = np.array([14, 15, 16], np.uint8)
    code = requantize(
        accumulator,
        multiplier=multiplier[:, None],
        shift=shift[:, None],
        zero_point=128,
        minimum=0,
        maximum=255,
    )
    for (n, c, x), value in np.ndenumerate(code):
        constants = (int(multiplier[c]), int(shift[c]), 128, 0, 255)
        assert value == reference.requantize(int(accumulator[n, c, x]), *constants)
