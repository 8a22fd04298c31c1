"""Area against the longest path, one line per design."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import Table, count


class Point(Protocol):
    """A design mapped for one clock period."""

    @property
    def design(self) -> str:
        """Its name."""
        ...

    @property
    def area_um2(self) -> float:
        """Standard cells."""
        ...

    @property
    def critical_path_ns(self) -> float:
        """The longest path."""
        ...

    @property
    def meets_period(self) -> bool:
        """Whether the path fits the period."""
        ...


Mapped = TypeVar("Mapped", bound=Point)
NAME = "area-delay"
_LOOKS = (
    ("ours", "D"),
    ("rival", "s"),
    ("accent", "o"),
    ("good", "^"),
    ("zone-decrease", "v"),
    ("zone-increase", "P"),
)
_MOST_ON_A_LINEAR_AXIS = 5  # times the smallest area


def area_delay_chart(records: Sequence[Point], table: Table) -> Chart:
    """The curve of every design, its points in the order of their paths."""
    curves = by_design(records)
    alt = "Area in um2 against the longest path in ns. " + "; ".join(
        f"{name}: " + ", ".join(f"{count(r.area_um2)} at {r.critical_path_ns:.2f}" for r in curve)
        for name, curve in curves.items()
    )
    return Chart(
        name=NAME,
        title="Area against delay",
        finding=_finding(curves),
        method="Lower and to the left is better. A point is a design mapped for one clock period, "
        "at the longest path that it came to; hollow where that misses the period. The smallest "
        "combination of variants that meets a period is taken, so a slower clock does not always "
        "give a smaller design.",
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(curves)),
        table=table,
    )


def by_design(records: Sequence[Mapped]) -> dict[str, list[Mapped]]:
    """Records of each design, shortest path first."""
    names = dict.fromkeys(record.design for record in records)
    ordered = sorted(records, key=lambda record: record.critical_path_ns)
    return {name: [record for record in ordered if record.design == name] for name in names}


def _finding(curves: Mapping[str, Sequence[Point]]) -> str:
    """What speed costs the first design."""
    name, curve = next(iter(curves.items()))
    fast, small = curve[0], min(curve, key=lambda record: record.area_um2)
    if fast is small:
        return f"{name}: {count(small.area_um2)} µm² at {small.critical_path_ns:.2f} ns."
    return (
        f"{name}: {count(small.area_um2)} µm² at {small.critical_path_ns:.2f} ns, "
        f"{count(fast.area_um2)} µm² at {fast.critical_path_ns:.2f} ns."
    )


def _paint(curves: Mapping[str, Sequence[Point]]) -> Figure:
    figure = theme.figure(6.2, 3.6)
    axes = figure.subplots()
    theme.plain(axes, grid="y")
    for number, (name, curve) in enumerate(curves.items()):
        _paint_curve(axes, name, curve, _LOOKS[number % len(_LOOKS)])
    areas = [record.area_um2 for curve in curves.values() for record in curve]
    if max(areas) > _MOST_ON_A_LINEAR_AXIS * min(areas):
        axes.set_yscale("log")
    axes.set_xlabel("longest path, ns")
    axes.set_ylabel("area, µm²")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _paint_curve(axes: Axes, name: str, curve: Sequence[Point], look: tuple[str, str]) -> None:
    colour, marker = theme.colour(look[0]), look[1]
    paths = [record.critical_path_ns for record in curve]
    areas = [record.area_um2 for record in curve]
    axes.plot(paths, areas, color=colour, marker=marker, linewidth=1.4, label=name)
    missed = [record for record in curve if not record.meets_period]
    axes.plot(
        [record.critical_path_ns for record in missed],
        [record.area_um2 for record in missed],
        linestyle="",
        color=colour,
        marker=marker,
        markerfacecolor=theme.colour("surface"),
    )
