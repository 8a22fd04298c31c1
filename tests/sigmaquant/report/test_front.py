import pytest

from sigmaquant.fronts import Curve, FrontPoint, curve
from sigmaquant.methods import METHODS, family
from sigmaquant.report.charts import front
from sigmaquant.tables import Table


def line(label: str, name: str, *points: tuple[float, *tuple[float, ...]]) -> Curve:
    found = [FrontPoint(cost=cost, accuracies=tuple(accuracies)) for cost, *accuracies in points]
    return curve(label, name, found)


CURVES = [
    line("uniform", "uniform", (2, 0.1), (4, 0.9), (8, 0.95)),
    line("ours", "sigmaquant", (2.5, 0.88, 0.9), (3, 0.9, 0.91)),
]


def test_the_picture_is_near_enough_to_tell_and_holds_all_of_sigmaquant():
    low, high = front.heights(CURVES, 0.92)
    assert 0.8 < low < 0.88
    assert 0.92 < high < 0.93
    assert front.reach(CURVES) == pytest.approx(1.35 * 3)
    assert front.reach(CURVES[:1]) == 8


def test_without_sigmaquant_the_first_curve_counts():
    low, _ = front.heights(CURVES[:1], 0.92)
    assert low == 0


def test_every_method_has_a_look_of_its_own():
    looks = [front._LOOKS[family(name)] for name in METHODS]
    assert len(set(looks)) == len(METHODS)


def test_the_chart_names_every_curve_and_its_figures():
    chart = front.front_chart(
        CURVES,
        0.92,
        name="front",
        title="t",
        finding="f",
        method="m",
        cost="mean bits",
        scale=1.0,
        table=Table(headers=("a",), rows=()),
    )
    assert "ours: 89.00 % at 2.5, 90.50 % at 3" in chart.alt
    assert ">ours<" in chart.svg
    assert ">uniform<" in chart.svg
    assert "nan" not in chart.svg
