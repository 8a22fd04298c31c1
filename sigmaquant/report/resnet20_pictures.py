"""The pictures of docs/resnet20.md, drawn from the figures of the record."""

from matplotlib.figure import Figure

from sigmaquant import benchmark, methods
from sigmaquant.fronts import Curve, curve
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.report.charts.cells import paint_cells
from sigmaquant.report.charts.front import front_chart
from sigmaquant.report.charts.ranks import ranks_chart
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, UNTRAINED
from sigmaquant.resnet20_record import Figures, PointFigure
from sigmaquant.resnet20_statements import beaten, ranking
from sigmaquant.resnet20_tables import stage_table
from sigmaquant.tables import Table

PICTURES = benchmark.ROOT / "docs" / "resnet20"
_FRONT = (
    "Mean bits over all weights against accuracy on the whole test split; better is up and left. "
    "Marks at the lower edge stand for points below the picture."
)


def pictures(figures: Figures) -> list[Chart]:
    """Both fronts, bits by layer, ranks of the layers."""
    return [
        _front(figures, "trained", _trained(figures), COMPARISON),
        _front(figures, "untrained", _stage(figures, UNTRAINED), UNTRAINED),
        _bits(figures.points[MAIN][methods.SIGMAQUANT]),
        ranks_chart(
            figures.sensitivity, figures.layer_losses, " ".join(ranking(figures.sensitivity))
        ),
    ]


def _front(figures: Figures, name: str, curves: list[Curve], stage: str) -> Chart:
    words = "without training" if stage == UNTRAINED else "with equal short training"
    return front_chart(
        curves,
        figures.float_network.test,
        name=name,
        title=f"Accuracy against size, {name}",
        finding=" ".join(beaten(figures.points[stage], words)),
        method=_FRONT,
        cost="mean bits of a weight",
        scale=1.0,
        table=stage_table(figures, stage),
    )


def _trained(figures: Figures) -> list[Curve]:
    """The main points with their error bars, and all methods after equal short training."""
    main = curve(
        f"SigmaQuant, {PLAN.stage(MAIN).epochs:g} epochs",
        methods.SIGMAQUANT,
        (point.front for point in figures.points[MAIN][methods.SIGMAQUANT]),
    )
    return [main, *_stage(figures, COMPARISON)]


def _stage(figures: Figures, stage: str) -> list[Curve]:
    epochs = PLAN.stage(stage).epochs
    return [
        curve(
            methods.label(family) + (f", {epochs:g} epochs" if epochs else ""),
            family,
            (point.front for point in points),
            lesser=family == methods.SIGMAQUANT and stage == COMPARISON,
        )
        for family, points in figures.points[stage].items()
    ]


def _bits(points: list[PointFigure]) -> Chart:
    """One column for each main allocation, first seeds."""
    layers = list(points[0].bits)
    columns = {f"{point.budget_bits:g}": list(point.bits.values()) for point in points}
    alt = "Bits by layer at the budgets " + "; ".join(
        f"{budget}: {' '.join(map(str, bits))}" for budget, bits in columns.items()
    )
    rows = tuple((layer, *(str(point.bits[layer]) for point in points)) for layer in layers)
    return Chart(
        name="bits",
        title="Which layers keep their bits",
        finding=f"First seed of each budget: {', '.join(columns)} mean bits.",
        method="Bits of each layer's weights, layers in the order of execution.",
        alt=alt,
        svg=draw("bits", alt, lambda: _paint_bits(layers, columns)),
        table=Table(headers=("layer", *columns), rows=rows),
    )


def _paint_bits(layers: list[str], columns: dict[str, list[int]]) -> Figure:
    figure = theme.figure(1.6 + 0.7 * len(columns), 0.9 + 0.24 * len(layers))
    paint_cells(figure.subplots(), layers, columns, over="budget, mean bits")
    return figure
