"""A design space: energy and area of every array against the time of one image."""

from collections.abc import Iterable, Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sigmaquant.explore_record import ExploreRecord, figure
from sigmaquant.explore_results import ExploredArray
from sigmaquant.explore_statements import standing
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.report.charts.labels import place_labels
from sigmaquant.tables import count, percent

NAME = "explore"
# Colour and marker by unit: apart from each other without colour too.
_LOOKS = {
    "pair_sum2": ("ours", "D"),
    "pair_sum": ("good", "o"),
    "booth_digit": ("accent", "^"),
    "bit_plane": ("zone-decrease", "v"),
    "bricks": ("zone-increase", "P"),
    "serial": ("zone-abandon", "X"),
    "int8": ("muted", "p"),
    "int8_booth": ("rival", "s"),
}
_BEYOND = 1.5  # times the median time, from which on an array is beyond the picture
_GAP = 0.25  # of the times within it, between the last of them and those beyond
_SIZE, _RING = 6.0, 12.0  # of a mark and of the ring around the preset, in points


def explore_chart(record: ExploreRecord) -> Chart:
    """Two panels over the same time: energy on the left, area on the right; less is better."""
    alt = f"Energy and area against the time of one image, {record.network.name}. " + "; ".join(
        f"{record.name(each.label)}: {figure(each.time_us)} µs, "
        f"{figure(each.energy.energy_nj)} nJ, {count(each.area.area_um2)} µm²"
        f"{', on the front' if _is_best(record, each) else ''}"
        for each in record.ranked()
    )
    return Chart(
        name=NAME,
        title=f"Arrays of {record.peak:g} MAC a cycle at 8 bits",
        finding=" ".join(standing(record)),
        method=method(record),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(record)),
        table=record.details(),
    )


def method(record: ExploreRecord) -> str:
    """What the figures and the picture are."""
    one = record.arrays[0]
    error = max(each.energy.error_nj / each.energy.energy_nj for each in record.arrays)
    return (
        "Less is better everywhere. Filled: on the front, no array is better in area, time and "
        "energy together; hollow: beaten. With an arrow: farther right than drawn, at the time "
        "beside the mark. Bars: standard error of the energy over the tiles "
        f"simulated, at most {percent(error)}. Time: cycles in which the array works, at "
        f"{one.area.period_ns:.2f} ns or its longest path if longer; fetching activations, filling "
        "the pipeline and layers without weights are left out, the table has the whole engine "
        f"beside it. Area: standard cells of the array with its edges, {one.area.liberty.name}, no "
        "layout, wires, memories or requantizers. Energy: of the array while it computes, "
        f"{record.energy_cycles} steps a layer simulated gate by gate on the first test image; no "
        "wires, clock tree or memories, leakage apart."
    )


def _paint(record: ExploreRecord) -> Figure:
    drawn = theme.figure(7.6, 3.6)
    panels = drawn.subplots(1, 2)
    scale, unit = _area_unit(record.arrays)
    edge = reach(record.arrays)
    times = [min(each.time_us, edge) for each in record.arrays]
    energies = [each.energy.energy_nj for each in record.arrays]
    areas = [each.area.area_um2 / scale for each in record.arrays]
    panels[0].set_ylabel("energy of one image, nJ")
    panels[1].set_ylabel(f"area, {unit}")
    panels[0].errorbar(
        times,
        energies,
        yerr=[each.energy.error_nj for each in record.arrays],
        color=theme.colour("muted"),
        elinewidth=1,
        linestyle="",
        zorder=1,
    )
    drawn.legend(handles=_handles(record.arrays), loc="outside lower center", ncols=6)
    texts = [_short(record, each, edge) for each in record.arrays]
    for axes, heights in zip(panels, (energies, areas), strict=True):
        theme.plain(axes, grid="y")
        points = list(zip(times, heights, strict=True))
        _paint_marks(axes, record, points)
        axes.margins(0.12)
        axes.set_xlabel("time of one image, µs")
        place_labels(axes, points, texts)
    return drawn


def reach(arrays: Sequence[ExploredArray]) -> float:
    """The time at the right edge: slower arrays are drawn there, with their time beside them."""
    times = [each.time_us for each in arrays]
    within = max(time for time in times if time <= _BEYOND * median(times))
    if within == max(times):
        return within
    return within + _GAP * (within - min(times) or within)


def _paint_marks(axes: Axes, record: ExploreRecord, points: Sequence[tuple[float, float]]) -> None:
    for each, point in zip(record.arrays, points, strict=True):
        colour, marker = _look(each)
        face = colour if _is_best(record, each) else "surface"
        _paint_mark(axes, point, marker, _SIZE, colour, theme.colour(face))
        if each is record.named:
            _paint_mark(axes, point, "o", _RING, "ink", "none")


def _paint_mark(
    axes: Axes, point: tuple[float, float], marker: str, size: float, edge: str, face: str
) -> None:
    axes.plot(
        *([value] for value in point),
        marker=marker,
        markersize=size,
        markeredgecolor=theme.colour(edge),
        markerfacecolor=face,
        linestyle="",
    )


def _handles(arrays: Iterable[ExploredArray]) -> list[Line2D]:
    """One mark in the legend for every unit that is there."""
    looks = {str(each.area.configuration["unit"]): _look(each) for each in arrays}
    return [
        Line2D(
            [], [], color=theme.colour(colour), marker=marker, markersize=_SIZE, linestyle="",
            label=unit,
        )
        for unit, (colour, marker) in looks.items()
    ]  # fmt: skip


def _short(record: ExploreRecord, array: ExploredArray, edge: float) -> str:
    """The preset's name, the shape of another array of the front, nothing of a beaten one.

    Arrays beyond the edge have their time.
    """
    shape = array.label.rpartition("-")[2]
    name = record.around if array is record.named else shape if _is_best(record, array) else ""
    beyond = f"{figure(array.time_us)} µs →" if array.time_us > edge else ""
    return ", ".join(part for part in (name, beyond) if part)


def _look(array: ExploredArray) -> tuple[str, str]:
    return _LOOKS[str(array.area.configuration["unit"])]


def _is_best(record: ExploreRecord, array: ExploredArray) -> bool:
    return array.label in record.optimal


def _area_unit(arrays: Iterable[ExploredArray]) -> tuple[float, str]:
    """Numbers of few digits: square millimetres where an array has a tenth of one."""
    largest = max(each.area.area_um2 for each in arrays)
    return (1e6, "mm²") if largest >= 1e5 else (1000.0, "1000 µm²")
