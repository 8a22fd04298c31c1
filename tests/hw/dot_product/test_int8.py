"""The INT8 baseline's own corner: the offset of its tree at any number of lanes."""

from __future__ import annotations

import pytest

from hw.config import ArrayConfig
from hw.dot_product.int8 import SIGN_ROW_OFFSET, Int8, offset_log2
from hw.errors import ConfigError
from tests.helpers.array_bench import run_array


@pytest.mark.parametrize("lanes", [1, 3, 4, 8])
def test_extreme_products_at_any_number_of_lanes(lanes: int) -> None:
    config = ArrayConfig(unit="int8", rows=1, columns=3, lanes=lanes)
    activations = [[[255] * lanes]]
    weights = [[[-128] * lanes, [127] * lanes, [0] * lanes]]
    run = run_array(config, 8, activations, weights, groups=1)
    correction = config.datapath.correction(8, 1)
    expected = [lanes * 255 * -128, lanes * 255 * 127, 0]
    assert [value + correction for value in run.results[0][0]] == expected


def test_tree_has_room_for_the_largest_sum() -> None:
    for lanes in range(1, 1025):
        offset = 1 << offset_log2(lanes)
        assert lanes * SIGN_ROW_OFFSET <= offset, lanes
        assert lanes * 255 * 255 < 2 * offset, lanes


def test_no_lanes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^lanes must be at least 1 for int8, not 0$"):
        Int8(lanes=0, accumulator_width=24)
