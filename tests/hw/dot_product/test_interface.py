"""What every datapath refuses: widths, and groups of weights that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from hw.dot_product.interface import Datapath
from hw.dot_product.registry import DATAPATHS
from hw.errors import ConfigError


@pytest.fixture(params=DATAPATHS)
def datapath(request: pytest.FixtureRequest) -> Datapath:
    return DATAPATHS[request.param](lanes=2, accumulator_width=24)


@pytest.mark.parametrize("width", [1, 9, 2.5, True])
def test_bad_widths_are_refused(datapath: Datapath, width: Any) -> None:
    message = rf"^weight width must be an integer in 2\.\.8 bits, not {width}$"
    with pytest.raises(ConfigError, match=message):
        datapath.beats(width)
    with pytest.raises(ConfigError, match=message):
        datapath.correction(width, 1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1], "a group has 2 weights, one per lane, not 1"),
        ([0, 4], "lane 1: weight 4 does not fit 3 bits"),
        ([-5, 0], "lane 0: weight -5 does not fit 3 bits"),
    ],
)
def test_bad_groups_are_refused(datapath: Datapath, weights: list[int], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        datapath.pack(weights, 3)
