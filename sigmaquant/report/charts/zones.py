"""The allocator's way through the (size, accuracy) plane, over the zones that steered it."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.results import AllocationResult, ZoneArea
from sigmaquant.tables import Table, percent

NAME = "zones"
NAME_WIDTH, NAME_HEIGHT = 0.16, 0.12  # of the panel: what a zone's name takes
MARGIN = 0.08  # of the drawn range, around the points
PHASES = {
    "measured": (
        "circles are phase 1 (the best allocation by each sensitivity), squares phase 2 (bits "
        "exchanged between layers), diamonds the final fine-tuning"
    ),
    "published": (
        "circles are phase 1 (clusters by sigma), squares phase 2 (moves by sensitivity), diamonds "
        "the final fine-tuning"
    ),
}


def zones_chart(findings: Findings) -> Chart:
    """One panel per seed: zones as areas, rounds as a numbered path."""
    alt = "Rounds by seed: " + "; ".join(
        f"seed {allocation.seed}: "
        + ", ".join(
            f"{percent(step.accuracy)} at {percent(step.size_ratio)}"
            for step in allocation.trajectory
        )
        for allocation in findings.allocations
    )
    return Chart(
        name=NAME,
        title="How the search got there",
        finding=_finding(findings),
        method=_method(findings),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=_table(findings),
    )


def _method(findings: Findings) -> str:
    return (
        "Each point is one evaluation on the validation split after recalibration and short "
        f"quantization-aware training, numbered in order; {PHASES[findings.configuration.mode]}. "
        "The shaded zones are where the point stands against the budgets. One panel per seed."
    )


def _finding(findings: Findings) -> str:
    rounds = [len(allocation.trajectory) for allocation in findings.allocations]
    seconds = [
        sum(step.seconds for step in allocation.trajectory) for allocation in findings.allocations
    ]
    return f"{_span(rounds)} evaluations and {_span(seconds)} s a seed, fine-tuning included."


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low} to {high}"


def _paint(findings: Findings) -> Figure:
    allocations = findings.allocations
    figure = theme.figure(4.7, 0.5 + 1.65 * len(allocations))
    panels = figure.subplots(len(allocations), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, allocation in zip(panels, allocations, strict=True):
        _paint_path(axes, allocation)
        axes.set_title(f"seed {allocation.seed}: {'met' if allocation.met else 'not met'}")
    figure.supylabel("validation accuracy, %", fontsize=9)
    panels[-1].set_xlabel("weight size, % of INT8")
    _fit(panels[0], allocations)
    for axes, allocation in zip(panels, allocations, strict=True):
        _paint_zones(axes, allocation)
    return figure


def _paint_path(axes: Axes, allocation: AllocationResult) -> None:
    steps = allocation.trajectory
    xs = [100 * step.size_ratio for step in steps]
    ys = [100 * step.accuracy for step in steps]
    axes.plot(xs, ys, "-", color=theme.colour("ink"), linewidth=0.9, alpha=0.6, zorder=2)
    for number, (step, x, y) in enumerate(zip(steps, xs, ys, strict=True), start=1):
        axes.plot(
            x,
            y,
            "osD"[step.phase - 1],
            markersize=10,
            color=theme.colour("surface"),
            markeredgecolor=theme.colour("ink"),
            zorder=3,
        )
        axes.annotate(
            str(number), (x, y), ha="center", va="center_baseline", fontsize=6.5, zorder=4
        )


def _fit(axes: Axes, allocations: list[AllocationResult]) -> None:
    """Limits that hold every point and the corner where the zones meet."""
    xs = [100 * step.size_ratio for each in allocations for step in each.trajectory]
    ys = [100 * step.accuracy for each in allocations for step in each.trajectory]
    for area in allocations[0].zones:
        xs += [100 * value for value in area.size_ratio if 0 < value < 1]
        ys += [100 * value for value in area.accuracy if 0 < value < 1]
    for values, limit in ((xs, axes.set_xlim), (ys, axes.set_ylim)):
        margin = max(MARGIN * (max(values) - min(values)), 0.5)
        limit(min(values) - margin, max(values) + margin)


def _paint_zones(axes: Axes, allocation: AllocationResult) -> None:
    """The part of every zone that is in the frame; a zone's name goes into its largest piece."""
    pieces = [(area.zone, *_clip(area, axes)) for area in allocation.zones]
    pieces.sort(key=lambda piece: piece[3] * piece[4], reverse=True)
    named: set[str] = set()
    for zone, x, y, width, height in pieces:
        shade = theme.zone_colour(zone)
        axes.add_patch(Rectangle((x, y), width, height, color=shade, alpha=0.13, lw=0, zorder=0))
        if zone not in named and _has_room(axes, width, height):
            named.add(zone)
            axes.annotate(
                re.sub(r"[^a-z]+", " ", zone.lower()),
                (x, y),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=7.5,
                color=shade,
                zorder=1,
            )


def _clip(area: ZoneArea, axes: Axes) -> tuple[float, float, float, float]:
    """(x, y, width, height) in percent of what the frame shows of an area."""
    spans = []
    for side, (low, high) in (
        (area.size_ratio, axes.get_xlim()),
        (area.accuracy, axes.get_ylim()),
    ):
        start, end = (min(max(100 * value, low), high) for value in side)
        spans.append((start, end - start))
    (x, width), (y, height) = spans
    return x, y, width, height


def _has_room(axes: Axes, width: float, height: float) -> bool:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return width > NAME_WIDTH * (right - left) and height > NAME_HEIGHT * (high - low)


def _table(findings: Findings) -> Table:
    rows = tuple(
        (
            f"seed {allocation.seed}, {number}",
            f"{step.phase}.{step.round}",
            percent(step.accuracy, 2),
            percent(step.size_ratio),
            step.zone,
            step.action,
            " ".join(str(bits) for bits in step.bits.values()),
            f"{step.qat_epochs:g}",
            f"{step.seconds:.1f}",
        )
        for allocation in findings.allocations
        for number, step in enumerate(allocation.trajectory, start=1)
    )
    headers = (
        "evaluation",
        "phase.round",
        "validation accuracy",
        "size of INT8",
        "zone",
        "action",
        "bits by layer",
        "QAT epochs",
        "seconds",
    )
    return Table(headers=headers, rows=rows)
