"""Which metrics rank the layers: their rank correlations, and the ranks behind two of them."""

from collections.abc import Mapping, Sequence
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import rankdata

from sigmaquant.point_results import MetricRank
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.resnet20_statements import SIGMAS, metric_label, verdict
from sigmaquant.tables import Table

NAME = "sensitivity"
_TITLE_CHARACTERS = 18  # as wide as the small axes are
_COLOURS = {"yes": "good", "no": "rival", "the wrong way round": "zone-abandon"}
METHOD = (
    "Left: Spearman's rank correlation of each metric at the low width with the measured loss of "
    "each layer alone; green ranks the layers, grey cannot be told from chance, red ranks them the "
    "wrong way round. Right: the ranks themselves, one dot per layer, of the best metric and of "
    "sigma; on the diagonal they agree."
)


def ranks_chart(ranks: Sequence[MetricRank], losses: Mapping[str, float], finding: str) -> Chart:
    """Bars of correlation by metric, and rank against rank for the best and for sigma."""
    ordered = by_correlation(ranks)
    alt = "Rank correlation with the measured loss: " + "; ".join(
        f"{metric_label(each.metric)} {each.correlation:.2f}" for each in ordered
    )
    return Chart(
        name=NAME,
        title="Which statistic ranks the layers",
        finding=finding,
        method=METHOD,
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(ordered, losses)),
        table=rank_table(ranks),
    )


def by_correlation(ranks: Sequence[MetricRank]) -> list[MetricRank]:
    """The best first."""
    return sorted(ranks, key=lambda each: -each.correlation)


def rank_table(ranks: Sequence[MetricRank]) -> Table:
    """One row per metric."""
    rows = tuple(
        (metric_label(r.metric), f"{r.correlation:.2f}", f"{r.p_value:.2g}", verdict(r))
        for r in by_correlation(ranks)
    )
    return Table(headers=("metric", "correlation", "p", "ranks the layers"), rows=rows)


def _paint(ordered: Sequence[MetricRank], losses: Mapping[str, float]) -> Figure:
    figure = theme.figure(8.2, 3.4)
    bars, best, sigma = figure.subplots(1, 3, width_ratios=[1.3, 1, 1])
    _paint_bars(bars, ordered)
    raw = next(each for each in ordered if each.metric == SIGMAS[0])
    for axes, rank in ((best, ordered[0]), (sigma, raw)):
        _paint_ranks(axes, rank, losses)
    return figure


def _paint_bars(axes: Axes, ordered: Sequence[MetricRank]) -> None:
    theme.plain(axes, grid="x")
    axes.barh(
        range(len(ordered)),
        [each.correlation for each in ordered],
        height=0.6,
        color=[theme.colour(_COLOURS[verdict(each)]) for each in ordered],
    )
    axes.axvline(0, color=theme.colour("muted"), linewidth=1)
    axes.set_yticks(range(len(ordered)), [metric_label(each.metric) for each in ordered])
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.set_xlim(min(-0.1, *(each.correlation - 0.05 for each in ordered)), 1)
    axes.set_xlabel("rank correlation with the loss")


def _paint_ranks(axes: Axes, rank: MetricRank, losses: Mapping[str, float]) -> None:
    scores = rankdata([rank.scores[layer] for layer in losses])
    damage = rankdata(list(losses.values()))
    axes.plot([1, len(losses)], [1, len(losses)], color=theme.colour("grid"), linewidth=1)
    axes.plot(scores, damage, "o", markersize=5, color=theme.colour(_COLOURS[verdict(rank)]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(fill(metric_label(rank.metric), _TITLE_CHARACTERS))
    axes.set_xlabel("rank by the metric")
    axes.set_ylabel("rank by the loss")
