"""The allocator's way through the (size, accuracy) plane, over the zones that steered it."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.results import AllocationResult
from sigmaquant.tables import Table, percent

NAME = "zones"
NARROW = 0.16  # of the panel's width: a zone too narrow for its name
MARGIN = 0.08  # of the drawn range, around the points
METHOD = (
    "Each point is one evaluation on the validation split after recalibration and short "
    "quantization-aware training, numbered in order; circles are phase 1 (clusters by sigma), "
    "squares phase 2 (moves by sensitivity). The shaded zones are the decision taken there. "
    "One panel per seed."
)


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
        method=METHOD,
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=_table(findings),
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
            "os"[min(step.phase, 2) - 1],
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
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    named: set[str] = set()
    for area in sorted(allocation.zones, key=lambda each: each.zone):
        x0, x1 = (min(max(100 * value, left), right) for value in area.size_ratio)
        y0, y1 = (min(max(100 * value, low), high) for value in area.accuracy)
        if x1 <= x0 or y1 <= y0:
            continue
        shade = theme.zone_colour(area.zone)
        axes.add_patch(
            Rectangle((x0, y0), x1 - x0, y1 - y0, color=shade, alpha=0.13, linewidth=0, zorder=0)
        )
        if area.zone not in named and (y1 - y0) > 0.12 * (high - low):
            named.add(area.zone)
            narrow = (x1 - x0) < NARROW * (right - left)
            axes.annotate(
                re.sub(r"[^a-z]+", " ", area.zone.lower()),
                (x1, y0),
                xytext=(-4, 4),
                textcoords="offset points",
                ha="right",
                rotation=90 if narrow else 0,
                fontsize=7.5,
                color=shade,
                zorder=1,
            )


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
