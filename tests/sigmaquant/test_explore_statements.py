"""What is said of the preset follows from the figures, whichever way they fall."""

import pytest

from sigmaquant.explore_statements import left_out, on_engine, standing
from tests.helpers.explored import ALL, BEATEN, EDGE, FAST, SLOW, array, record


def told(sentences: list[str]) -> str:
    return " ".join(sentences).replace("\xa0", " ").replace("\u2212", "-")


def test_a_winner_on_the_front():
    assert told(standing(record(*ALL))) == (
        "edge is on the front: no array is better in all of area, time and energy. "
        "edge_int8_booth 4x4x24 has the least area: area -7.1 %, time +150.0 %, energy +50.0 %. "
        "pair_sum2 4x16x24 has the least time: area +14.3 %, time -10.0 %, energy +10.0 %. "
        "edge has the least area x time x energy."
    )


def test_a_preset_that_is_beaten_by_two():
    better = array("pair_sum2-1x32x48", 70_000.0, 999, 36.0)
    second = array("pair_sum2-8x8x24", 69_000.0, 1000, 40.0)
    assert told(standing(record(EDGE, second, better))) == (
        "edge is not on the front: pair_sum2 1x32x48 is at least as good in area, time and energy "
        "(area equal, time -0.1 %, energy -10.0 %), and so is pair_sum2 8x8x24. "
        "pair_sum2 8x8x24 has the least area: area -1.4 %, time equal, energy equal. "
        "edge is not the winner by area x time x energy: pair_sum2 1x32x48 has 89.9 % of its "
        "product."
    )


def test_on_the_front_without_winning():
    winner = array("pair_sum2-1x16x96", 71_000.0, 500, 20.0)
    text = told(standing(record(EDGE, winner)))
    assert text.startswith("edge is on the front")
    assert "pair_sum2 1x16x96 has the least time and energy: area +1.4 %, time -50.0 %" in text
    assert "edge is not the winner by area x time x energy: pair_sum2 1x16x96 has 25.4 %" in text


@pytest.mark.parametrize(("error", "unsure"), [(0.01, False), (5.0, True)])
def test_a_lead_within_the_error_is_told_as_such(error: float, unsure: bool):
    close = array("pair_sum2-1x16x96", 71_000.0, 1000, 39.0, error_nj=error)
    assert ("energy -2.5 %, within its error" in told(standing(record(EDGE, close)))) == unsure


def test_a_small_lead_is_never_shown_as_none():
    close = array("pair_sum2-1x16x96", 69_999.0, 1000, 40.0)
    assert "area -0.001 %, time equal, energy equal" in told(standing(record(EDGE, close)))


def test_a_preset_that_is_not_there():
    found = record(FAST, SLOW, left_out={"edge": "layer conv: grouped convolution"})
    assert told(standing(found)) == (
        "edge is not among the arrays: layer conv: grouped convolution. "
        "pair_sum2 4x16x24 has the least area x time x energy."
    )
    assert on_engine(found) == []


def test_the_engine_has_its_own_front():
    slow_engine = array(
        "pair_sum2-2x16x48", 70_000.0, 1000, 40.0, presets=("edge",), engine_cycles=5000
    )
    text = told(on_engine(record(slow_engine, FAST, BEATEN)))
    assert text.startswith("With the time of the whole engine, 2 of 3 arrays: edge is on the front")
    assert "pair_sum2 4x16x24 has the least time: area +14.3 %, time -40.0 %" in text
    assert "edge is not the winner by area x time x energy: pair_sum2 4x16x24 has 75.4 %" in text
    assert text.endswith("No engine around booth_digit-2x16x48: rows must be a power of two.")


def test_what_is_left_out_is_told_by_reason():
    found = record(EDGE, left_out={"a": "odd", "b": "grouped", "c": "odd"}, off_peak=5)
    assert left_out(found) == [
        "a, c: odd.",
        "b: grouped.",
        "5 combinations: another peak than 384 MAC a cycle at 8 bits.",
    ]
    assert left_out(record(EDGE, off_peak=0)) == []
