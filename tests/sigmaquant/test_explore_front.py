"""The front of designs of which less is better in everything."""

from math import prod

from hypothesis import given
from hypothesis import strategies as st

from sigmaquant.explore_front import dominates, dominating, front, winner

COST = st.integers(1, 4).map(float)
POINTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2), st.tuples(COST, COST, COST), min_size=1
)


def test_equal_designs_do_not_beat_each_other():
    assert not dominates((1, 2, 3), (1, 2, 3))
    assert dominates((1, 2, 2), (1, 2, 3))
    assert not dominates((1, 1, 4), (1, 2, 3))


def test_a_front_by_hand():
    points = {
        "a": (1.0, 5.0, 1.0),
        "b": (2.0, 2.0, 1.0),
        "c": (2.0, 3.0, 1.0),
        "d": (1.0, 5.0, 2.0),
    }
    assert front(points) == ["a", "b"]
    assert dominating(points, "c") == ["b"]
    assert dominating(points, "d") == ["a"]
    assert winner(points) == "b"


@given(points=POINTS)
def test_the_front_beats_everything_else_and_nothing_beats_it(
    points: dict[str, tuple[float, float, float]],
):
    best = front(points)
    for name, costs in points.items():
        beaten = any(dominates(points[other], costs) for other in best)
        assert beaten == (name not in best)


@given(points=POINTS)
def test_the_winner_is_on_the_front(points: dict[str, tuple[float, float, float]]):
    best = winner(points)
    assert best in front(points)
    assert prod(points[best]) == min(map(prod, points.values()))
