import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.errors import ExportError
from quant.export.fixed_point import code_limits, common_fixed_point, fixed_point, fixed_points
from quant.graph import Rectifier
from quant.integer_network import Tensor


@given(st.floats(2.0**-31, 30_000.0))
def test_multipliers_are_normalised_and_nearest(factor: float) -> None:
    multiplier, shift = fixed_point(factor, "here")
    assert 32_768 <= multiplier <= 65_535
    assert 1 <= shift <= 47
    assert abs(multiplier / 2**shift - factor) <= factor * 2**-16


@pytest.mark.parametrize(
    ("factor", "pair"),
    [
        (0.5, (32_768, 16)),
        (1.0, (32_768, 15)),
        (0.99999999, (32_768, 15)),
        (32_767.5, (65_535, 1)),
        (2.0**-40, (2**7, 47)),
        (2.0**-60, (0, 47)),
    ],
)
def test_exact_pairs(factor: float, pair: tuple[int, int]) -> None:
    assert fixed_point(factor, "here") == pair


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_factors_that_are_no_scales(factor: float) -> None:
    with pytest.raises(ExportError, match=r"layer 'c': scale factor .* finite and positive"):
        fixed_point(factor, "layer 'c'")


def test_factors_beyond_the_range_name_the_channel() -> None:
    with pytest.raises(ExportError, match=r"layer 'c', channel 1: scale factor 40000 is beyond"):
        fixed_points(np.array([1.0, 40_000.0]), "layer 'c'")


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_two_factors_on_one_shift(first: float, second: float) -> None:
    multiplier, shift = common_fixed_point((first, second), "here")
    assert multiplier.dtype == np.uint16
    error = np.abs(multiplier / 2**shift - np.array([first, second]))
    assert error.max() <= max(first, second) * 2**-16


def test_limits_of_codes() -> None:
    rectified = Tensor(name="t", shape=(1,), scale=0.05, zero_point=0)
    signed = Tensor(name="t", shape=(1,), scale=0.05, zero_point=77)
    assert code_limits(None, signed, 255) == (0, 255)
    assert code_limits(Rectifier(), rectified, 255) == (0, 255)
    assert code_limits(Rectifier(ceiling=6.0), rectified, 255) == (0, 120)
    assert code_limits(Rectifier(ceiling=6.0), signed, 255) == (77, 197)
    wide = Tensor(name="t", shape=(1,), scale=1e-3, zero_point=0)
    assert code_limits(Rectifier(ceiling=6.0), wide, 255) == (0, 255)
    narrow = Tensor(name="t", shape=(1,), scale=0.5, zero_point=0)
    assert code_limits(None, signed, 127) == (0, 127)
    assert code_limits(Rectifier(), narrow, 15) == (0, 15)
    assert code_limits(Rectifier(ceiling=6.0), narrow, 15) == (0, 12)
    assert code_limits(Rectifier(ceiling=6.0), rectified, 15) == (0, 15)
