"""What every datapath refuses: widths, and groups of weights that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from hw.dot_product.interface import Datapath
from hw.dot_product.registry import DATAPATHS
from hw.errors import ConfigError

LANES = {"serial": 1, "bricks": 4}


@pytest.fixture(params=DATAPATHS)
def datapath(request: pytest.FixtureRequest) -> Datapath:
    name = request.param
    return DATAPATHS[name](lanes=LANES.get(name, 2), accumulator_width=24)


@pytest.mark.parametrize("width", [1, 9, 2.5, True])
def test_bad_widths_are_refused(datapath: Datapath, width: Any) -> None:
    message = rf"^weight width must be an integer in 2\.\.8 bits, not {width}$"
    with pytest.raises(ConfigError, match=message):
        datapath.beats(width)
    with pytest.raises(ConfigError, match=message):
        datapath.correction(width, 1)


@pytest.mark.parametrize(
    ("weight", "message"),
    [(4, "lane 0: weight 4 does not fit 3 bits"), (-5, "lane 0: weight -5 does not fit 3 bits")],
)
def test_weights_that_do_not_fit_are_refused(datapath: Datapath, weight: int, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        datapath.pack([weight] + [0] * (datapath.lanes - 1), 3)


def test_groups_of_other_sizes_are_refused(datapath: Datapath) -> None:
    weights = [0] * (datapath.lanes + 1)
    message = f"^a group has {datapath.lanes} weights, one per lane, not {len(weights)}$"
    with pytest.raises(ConfigError, match=message):
        datapath.pack(weights, 3)


@pytest.mark.parametrize("width", range(2, 9))
def test_set_bits_belong_to_the_lane_that_has_the_weight(datapath: Datapath, width: int) -> None:
    """All weights but one are 0 and leave no bit behind; -1 leaves one in every beat."""
    for lane in range(datapath.lanes):
        weights = [-int(index == lane) for index in range(datapath.lanes)]
        beats = datapath.pack(weights, width)
        assert len(beats) == datapath.beats(width)
        for beat in beats if datapath.fixed_slots else ():
            bits = [bit for bit in range(datapath.beat_bits) if beat >> bit & 1]
            assert {datapath.lane_of_bit(bit) for bit in bits} == {lane}
            assert max(bits) < datapath.beat_bits
    assert set(datapath.pack([0] * datapath.lanes, width)) == {0}


@pytest.mark.parametrize(
    ("name", "lanes", "message"),
    [
        ("pair_sum2", 3, "lanes must be even and at least 2 for pair_sum2, not 3"),
        ("pair_sum", 7, "lanes must be even and at least 2 for pair_sum, not 7"),
        ("booth_digit", 0, "lanes must be at least 1 for booth_digit, not 0"),
        ("bit_plane", 0, "lanes must be at least 1 for bit_plane, not 0"),
        ("bricks", 6, "lanes must be a multiple of 4 for bricks, not 6"),
        ("serial", 2, "lanes must be 1 for serial, not 2"),
        ("int8", 0, "lanes must be at least 1 for int8, not 0"),
        ("int8_booth", 0, "lanes must be at least 1 for int8_booth, not 0"),
    ],
)
def test_lanes_that_cannot_be_built_are_refused(name: str, lanes: int, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        DATAPATHS[name](lanes=lanes, accumulator_width=24)


def test_bricks_have_no_fixed_slots() -> None:
    bricks = DATAPATHS["bricks"](lanes=4, accumulator_width=24)
    assert not bricks.fixed_slots
    with pytest.raises(ConfigError, match="weight bit 3 of bricks belongs to a lane that depends"):
        bricks.lane_of_bit(3)
