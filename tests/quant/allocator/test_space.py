import re

import pytest

from quant.allocator.space import SearchSpace
from quant.errors import SettingsError

COUNTS = {"stem": 10, "left": 20, "right": 20, "head": 5}
SPACE = SearchSpace(COUNTS, (2, 4, 8), pins={"stem": 5}, tied=(("right", "left"),))


def test_groups_are_in_execution_order() -> None:
    assert SPACE.groups == (("stem",), ("left", "right"), ("head",))
    assert SearchSpace(COUNTS, (2, 4)).groups == (("stem",), ("left",), ("right",), ("head",))


def test_choices_are_the_widths_or_the_pin() -> None:
    assert SPACE.choices(("stem",)) == (5,)
    assert SPACE.choices(("head",)) == (2, 4, 8)
    pinned = SearchSpace(COUNTS, (2, 4), pins={"right": 3}, tied=(("left", "right"),))
    assert pinned.choices(("left", "right")) == (3,)


def test_the_ends_of_the_space() -> None:
    assert SPACE.lowest() == {"stem": 5, "left": 2, "right": 2, "head": 2}
    assert SPACE.highest() == {"stem": 5, "left": 8, "right": 8, "head": 8}


def test_expansion_is_in_execution_order() -> None:
    bits = SPACE.expand({("head",): 8, ("left", "right"): 2, ("stem",): 5})
    assert list(bits.items()) == [("stem", 5), ("left", 2), ("right", 2), ("head", 8)]


def test_neighbours_move_a_whole_group() -> None:
    middle = {"stem": 5, "left": 4, "right": 4, "head": 4}
    assert SPACE.up(middle, ("left", "right")) == middle | {"left": 8, "right": 8}
    assert SPACE.down(middle, ("head",)) == middle | {"head": 2}


def test_the_ends_have_no_neighbours() -> None:
    assert all(SPACE.up(SPACE.highest(), group) is None for group in SPACE.groups)
    assert all(SPACE.down(SPACE.lowest(), group) is None for group in SPACE.groups)


@pytest.mark.parametrize(
    ("pins", "tied", "message"),
    [
        ({"tail": 4}, (), "layer 'tail' is pinned but does not exist; choose from ['stem', 'left'"),
        ({}, (("stem", "tail"),), "layer 'tail' is tied but does not exist; choose from ['stem'"),
        ({"head": 9}, (), "layer 'head' is pinned to 9 bits; pins are integers in 2..8"),
        ({"head": 4.0}, (), "layer 'head' is pinned to 4.0 bits; pins are integers in 2..8"),
        ({}, (("stem", "head"), ("head", "left")), "layer 'head' is tied twice"),
        ({}, (("head", "head"),), "layer 'head' is tied twice"),
        (
            {"left": 2, "right": 4},
            (("left", "right"),),
            "tied layers are pinned to different widths: {'left': 2, 'right': 4}",
        ),
    ],
)
def test_contradictions(
    pins: dict[str, int], tied: tuple[tuple[str, ...], ...], message: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        SearchSpace(COUNTS, (2, 4), pins=pins, tied=tied)


@pytest.mark.parametrize("widths", [(), (1, 2), (8, 9), (2.0, 4)])
def test_widths_that_are_none(widths: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match=r"widths must be integers in 2\.\.8"):
        SearchSpace(COUNTS, widths)


@pytest.mark.parametrize("widths", [(4, 2), (2, 2)])
def test_widths_out_of_order(widths: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="widths must rise without repeats"):
        SearchSpace(COUNTS, widths)
