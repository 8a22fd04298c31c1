"""Labels beside points: on the free side, and within the frame."""

import pytest
from matplotlib.figure import Figure

from sigmaquant.report.charts.labels import place_labels

Point = tuple[float, float]


def anchors(points: list[Point], labels: list[str]) -> dict[str, tuple[float, float]]:
    """Offset of each label from its point."""
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 10)
    place_labels(axes, points, labels)
    return {text.get_text(): text.xyann for text in axes.texts}  # pyright: ignore


@pytest.mark.parametrize(
    ("point", "side"), [((5, 5), (1, 0)), ((9.9, 5), (-1, 0)), ((0.1, 5), (1, 0))]
)
def test_alone_a_label_is_to_the_right_where_there_is_room(point: Point, side: Point):
    x, y = anchors([point], ["label"])["label"]
    assert ((x > 0) - (x < 0), (y > 0) - (y < 0)) == side


def test_a_neighbour_is_not_covered():
    found = anchors([(5, 5), (5.5, 5), (4.5, 5)], ["middle", "", ""])
    assert found["middle"][0] == 0
    assert list(found) == ["middle"]


def test_two_labels_do_not_cover_each_other():
    found = anchors([(5, 5), (5, 5.05)], ["one", "two"])
    assert found["one"] != found["two"]
