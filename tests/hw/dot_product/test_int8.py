"""The INT8 baselines' own corner: the offset of their trees at any number of lanes."""

from __future__ import annotations

import pytest

from hw.config import ArrayConfig
from hw.dot_product.int8 import SIGN_ROW_OFFSET, offset_log2
from tests.helpers.array_bench import run_array


@pytest.mark.parametrize("lanes", [1, 3, 4, 8])
@pytest.mark.parametrize("unit", ["int8", "int8_booth"])
def test_extreme_products_at_any_number_of_lanes(unit: str, lanes: int) -> None:
    config = ArrayConfig(unit=unit, rows=1, columns=3, lanes=lanes)
    activations = [[[255] * lanes]]
    weights = [[[-128] * lanes, [127] * lanes, [0] * lanes]]
    run = run_array(config, 8, activations, weights, groups=1)
    assert config.datapath.correction(8, 1) == 0
    assert run.results[0][0] == [lanes * 255 * -128, lanes * 255 * 127, 0]


def test_tree_has_room_for_every_sum() -> None:
    for lanes in range(1, 1025):
        offset = 1 << offset_log2(lanes)
        assert lanes * SIGN_ROW_OFFSET <= offset, lanes
        assert offset + lanes * 255 * -128 >= 0, lanes
        assert offset + lanes * 255 * 127 < 2 * offset, lanes
