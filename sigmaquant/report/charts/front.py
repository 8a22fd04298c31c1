"""Accuracy against cost, one line per method: near enough to tell the methods apart."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETDOWN

from sigmaquant.fronts import Curve
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import Table

# Colour and marker by method: apart from each other without colour too.
_LOOKS = {
    "sigmaquant": ("ours", "D"),
    "uniform": ("rival", "s"),
    "published": ("accent", "o"),
    "layer_mse": ("good", "^"),
    "hessian": ("zone-decrease", "v"),
    "entropy": ("zone-increase", "P"),
    "random": ("muted", "x"),
    "modelopt": ("zone-abandon", "X"),
    "fisher": ("bits-5", "<"),
    "output_kl": ("bits-7", ">"),
    "weight_kl": ("ink", "*"),
}
_BELOW = 0.8  # of the height between float and the lowest point of interest, under that point
_BESIDE = 0.35  # of the widest choice's cost, to its right
_DASHES = (0, (4, 3))


def front_chart(
    curves: Sequence[Curve],
    float_accuracy: float,
    *,
    name: str,
    title: str,
    finding: str,
    method: str,
    cost: str,
    scale: float,
    table: Table,
) -> Chart:
    """Cost to the right, accuracy upwards; better is up and left.

    cost: the axis' name with its unit. scale: from the curves' costs to that unit.
    """
    alt = f"Test accuracy against {cost}. Float {100 * float_accuracy:.2f} %. " + "; ".join(
        f"{each.label}: "
        + ", ".join(f"{100 * p.mean:.2f} % at {scale * p.cost:,.4g}" for p in each.points)
        for each in curves
    )
    return Chart(
        name=name,
        title=title,
        finding=finding,
        method=method,
        alt=alt,
        svg=draw(name, alt, lambda: _paint(curves, float_accuracy, cost, scale)),
        table=table,
    )


def _paint(curves: Sequence[Curve], float_accuracy: float, cost: str, scale: float) -> Figure:
    figure = theme.figure(6.2, 4.0)
    axes = figure.subplots()
    theme.plain(axes, grid="y")
    low, high = heights(curves, float_accuracy)
    right = reach(curves)
    axes.axhline(100 * float_accuracy, color=theme.colour("muted"), linestyle=_DASHES, linewidth=1)
    for each in curves:
        _paint_curve(axes, each, scale)
        _paint_hidden(axes, each, low, scale)
    left = min(point.cost for each in curves for point in each.points)
    margin = 0.05 * (right - left or right)
    axes.set_xlim(scale * (left - margin), scale * (right + margin))
    axes.set_ylim(100 * low, 100 * high)
    axes.annotate(
        "float",
        (scale * (left - margin), 100 * float_accuracy),
        xytext=(4, 3),
        textcoords="offset points",
        color=theme.colour("muted"),
    )
    axes.set_xlabel(cost)
    axes.set_ylabel("test accuracy, %")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def heights(curves: Sequence[Curve], float_accuracy: float) -> tuple[float, float]:
    """The accuracies at the lower and the upper edge.

    All of SigmaQuant is within, or of the first curve; what lies far below is cut off.
    """
    ours = [each for each in curves if each.family == "sigmaquant"] or curves[:1]
    right = reach(curves)
    seen = [point for each in curves for point in each.points if point.cost <= right]
    tops = [point.mean + (point.deviation or 0) for point in seen]
    top = max(float_accuracy, *tops)
    lowest = min(p.mean - (p.deviation or 0) for each in ours for p in each.points)
    room = top - lowest or 0.01
    return max(0.0, lowest - _BELOW * room), min(1.0 + 0.02 * room, top + 0.08 * room)


def reach(curves: Sequence[Curve]) -> float:
    """The cost at the right edge: a little beyond the methods that choose, if there are any."""
    costs = [point.cost for each in curves for point in each.points]
    chosen = [p.cost for each in curves if each.family != "uniform" for p in each.points]
    return min(max(costs), (1 + _BESIDE) * max(chosen, default=max(costs)))


def _paint_curve(axes: Axes, curve: Curve, scale: float) -> None:
    colour, marker = _LOOKS[curve.family]
    several = any(point.deviation is not None for point in curve.points)
    strong = curve.family == "sigmaquant" and not curve.lesser
    axes.errorbar(
        [scale * point.cost for point in curve.points],
        [100 * point.mean for point in curve.points],
        yerr=[100 * (point.deviation or 0) for point in curve.points] if several else None,
        color=theme.colour(colour),
        marker=marker,
        linestyle=_DASHES if curve.lesser else "-",
        markerfacecolor=theme.colour("surface" if curve.lesser else colour),
        markersize=6.5 if strong else 5,
        linewidth=2 if strong else 1.2,
        elinewidth=1.2,
        capsize=3,
        label=curve.label,
    )


def _paint_hidden(axes: Axes, curve: Curve, low: float, scale: float) -> None:
    """A small mark at the lower edge for every point below the picture."""
    axes.plot(
        [scale * point.cost for point in curve.points if point.mean < low],
        [100 * low for point in curve.points if point.mean < low],
        linestyle="",
        marker=CARETDOWN,
        markersize=7,
        color=theme.colour(_LOOKS[curve.family][0]),
    )
