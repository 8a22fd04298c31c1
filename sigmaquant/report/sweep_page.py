"""The page of a sweep: its front as a chart and as a table."""

from sigmaquant import methods
from sigmaquant.report.chart import Chart
from sigmaquant.report.charts.front import front_chart
from sigmaquant.report.template import fill
from sigmaquant.sweep_record import COSTS, SweepRecord
from sigmaquant.tables import Table, percent


def render(record: SweepRecord) -> str:
    """The whole page as text. Same record, same page."""
    return fill(
        "sweep.html",
        network=record.pretrained.network,
        headline=f"Accuracy against {COSTS[record.axis][0].partition(',')[0]}",
        lead=_lead(record),
        chart=_chart(record),
        points=record.table(),
        notes=[f"{name} is left out: its package is not installed." for name in record.left_out],
        images=record.pretrained.images["test"],
        command=record.command,
        versions=Table(headers=("package", "version"), rows=tuple(record.versions.items())),
        hashes=_hashes(record),
    )


def _lead(record: SweepRecord) -> str:
    seeds = sorted({point.seed for point in record.points})
    names = [each.label for each in record.curves()]
    return (
        f"Network: {record.pretrained.network}. Methods: {', '.join(names)}. "
        f"Seeds: {', '.join(map(str, seeds))}."
    )


def _chart(record: SweepRecord) -> Chart:
    cost, scale = COSTS[record.axis]
    return front_chart(
        record.curves(),
        record.float_accuracy,
        name="front",
        title="The front",
        finding=_finding(record),
        method="Better is up and left. Mean over the seeds, bars one standard deviation to each "
        "side. Marks at the lower edge stand for points below the picture; these and costs far to "
        "the right are in the table.",
        cost=cost,
        scale=scale,
        table=record.table(),
    )


def _finding(record: SweepRecord) -> str:
    """The cheapest point of the first method: what little costs."""
    first = record.curves()[0]
    point = first.points[0]
    cost, scale = COSTS[record.axis]
    drop = record.float_accuracy - point.mean
    change = f"{percent(drop, 2)} below" if drop > 0 else f"{percent(-drop, 2)} above"
    return (
        f"{methods.label(first.family)} at {scale * point.cost:,.4g} ({cost}): "
        f"{percent(point.mean, 2)}, {change} float."
    )


def _hashes(record: SweepRecord) -> Table:
    sources = [(f"sources of {room}", sha256) for room, sha256 in record.sources.items()]
    return Table(headers=("what", "SHA-256"), rows=(*sources, *record.inputs.items()))
