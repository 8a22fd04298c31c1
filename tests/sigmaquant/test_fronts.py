import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmaquant.fronts import FrontPoint, accuracy_at, cost_at, curve, deviation

LINE = [FrontPoint(cost=c, accuracies=(a,)) for c, a in ((2, 0.8), (3, 0.9), (4, 0.88), (8, 0.92))]


def test_points_lie_by_rising_cost_with_mean_and_deviation():
    points = curve("x", "random", reversed(LINE)).points
    assert [point.cost for point in points] == [2, 3, 4, 8]
    several = FrontPoint(cost=1, accuracies=(0.5, 0.6, 0.7))
    assert (several.mean, several.deviation) == (pytest.approx(0.6), pytest.approx(0.1))
    assert deviation([0.5]) is None


@pytest.mark.parametrize(
    ("cost", "accuracy"), [(2, 0.8), (2.5, 0.85), (3.5, 0.89), (6, 0.9), (1.9, None), (8.1, None)]
)
def test_accuracy_is_read_off_the_line(cost: float, accuracy: float | None):
    found = accuracy_at(LINE, cost)
    assert found == (None if accuracy is None else pytest.approx(accuracy))


@pytest.mark.parametrize(
    ("accuracy", "cost"),
    [(0.85, 2.5), (0.9, 3.0), (0.91, 7.0), (0.89, 2.9), (0.93, None), (0.8, None), (0.7, None)],
)
def test_cost_is_the_least_that_reaches_the_accuracy(accuracy: float, cost: float | None):
    found = cost_at(LINE, accuracy)
    assert found == (None if cost is None else pytest.approx(cost))


@given(st.floats(2, 3, exclude_min=True))
def test_both_readings_agree_where_the_line_rises(cost: float):
    accuracy = accuracy_at(LINE, cost)
    assert accuracy is not None
    if accuracy > LINE[0].mean:
        assert cost_at(LINE, min(accuracy, LINE[1].mean)) == pytest.approx(cost)
