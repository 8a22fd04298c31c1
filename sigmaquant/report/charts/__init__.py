"""The charts of the report, one per file, in the order of the page."""

from collections.abc import Callable

from sigmaquant.findings import Findings
from sigmaquant.report.chart import Chart
from sigmaquant.report.charts.area import area_chart
from sigmaquant.report.charts.bits import bits_chart
from sigmaquant.report.charts.cycles import cycles_chart
from sigmaquant.report.charts.uniform import uniform_chart
from sigmaquant.report.charts.zones import zones_chart

CHARTS: tuple[Callable[[Findings], Chart], ...] = (
    uniform_chart,
    bits_chart,
    zones_chart,
    cycles_chart,
    area_chart,
)
