"""Names beside points, where they cover neither points nor each other as far as there is room."""

from collections.abc import Sequence

from matplotlib.axes import Axes

_SIZE = 7.5  # points
_WIDTH, _HEIGHT = 0.6 * _SIZE, 1.3 * _SIZE  # of a letter, at most, and of a line
_AWAY = 8.0  # points from a point to its label
_POINT = 4.0  # half of a mark

Box = tuple[float, float, float, float]  # left, bottom, right, top
Side = tuple[Box, tuple[float, float], str]  # of a label: its box, offset of its anchor, alignment


def place_labels(axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str]) -> None:
    """Write each text that is not empty beside its point of `axes`, at the freest of its sides
    within them.

    points: in data coordinates, all of those drawn. The limits of the axes must be final.
    """
    figure = axes.figure
    figure.draw_without_rendering()  # pyright: ignore[reportAttributeAccessIssue]
    left, bottom, right, top = (72 / figure.dpi * side for side in axes.bbox.extents)
    frame = (left, bottom, right, top)
    places = [axes.transData.transform(point) * 72 / figure.dpi for point in points]
    taken = [(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in places]
    for point, (x, y), text in zip(points, places, texts, strict=True):
        if not text:
            continue
        sides = _sides(x, y, _WIDTH * len(text))
        box, offset, align = min(
            sides, key=lambda side: _outside(side[0], frame) + _overlap(side[0], taken)
        )
        taken.append(box)
        axes.annotate(
            text,
            point,
            xytext=offset,
            textcoords="offset points",
            ha=align,
            va="center",
            fontsize=_SIZE,
        )


def _sides(x: float, y: float, width: float) -> list[Side]:
    """Right, left, above and below the point."""
    half = _HEIGHT / 2
    away = _AWAY + half
    right, left = x + _AWAY, x - _AWAY - width
    return [
        ((right, y - half, right + width, y + half), (_AWAY, 0.0), "left"),
        ((left, y - half, left + width, y + half), (-_AWAY, 0.0), "right"),
        *(
            (
                (x - width / 2, y + up - half, x + width / 2, y + up + half),
                (0.0, up),
                "center",
            )
            for up in (away, -away)
        ),
    ]


def _outside(box: Box, frame: Box) -> float:
    """Area of `box` that is not within `frame`."""
    left, bottom, right, top = box
    return (right - left) * (top - bottom) - _overlap(box, [frame])


def _overlap(box: Box, others: Sequence[Box]) -> float:
    """Area that `box` shares with others."""
    left, bottom, right, top = box
    return sum(
        max(0.0, min(right, other[2]) - max(left, other[0]))
        * max(0.0, min(top, other[3]) - max(bottom, other[1]))
        for other in others
    )
