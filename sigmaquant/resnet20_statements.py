"""What the benchmark's figures say, in sentences: for and against, all computed from the record."""

from collections.abc import Mapping, Sequence

from sigmaquant import methods
from sigmaquant.point_results import MetricRank
from sigmaquant.resnet20_plan import COMPARISON, MAIN, UNTRAINED
from sigmaquant.resnet20_record import EqualAccuracy, EqualSize, Figures, PointFigure
from sigmaquant.tables import Table, percent

SIGNIFICANT = 0.05  # p value below which a correlation counts as one
STAGES = {
    MAIN: "with the full fine-tuning",
    COMPARISON: "with equal short training",
    UNTRAINED: "without training",
}
SIGMAS = ("raw_sigma", "folded_sigma")
_LABELS = {
    "raw_sigma": "sigma of the weights",
    "folded_sigma": "sigma with BatchNorm folded in",
    "output_kl": "KL divergence of the outputs",
    "fisher": "Fisher information",
    "hessian": "Hessian trace",
    "entropy": "entropy of the quantized weights",
    "weight_error": "relative error of the weights",
    "weight_mse": "mean squared error of the weights",
    "weight_kl": "KL divergence of the weights",
    "weight_sensitivity": "KL of the weights over that at 8 bits",
}
Stage = Mapping[str, Sequence[PointFigure]]


def bar_table(figures: Figures) -> Table:
    """What the plan demands, and whether it holds."""
    rows = tuple(
        (
            bar.name,
            _bar_figure(bar.name, bar.value),
            f"at {'least' if bar.at_least else 'most'} {_bar_figure(bar.name, bar.limit)}",
            "yes" if bar.met else "no",
        )
        for bar in figures.bars
    )
    return Table(headers=("demand", "value", "limit", "met"), rows=rows)


def _bar_figure(name: str, value: float | None) -> str:
    if value is None:
        return "nothing to compare with"
    return percent(value, 2) if "accuracy" in name or "share" in name else f"{value:.4g}"


def bars(figures: Figures) -> str:
    """How many demands hold, and which do not."""
    missed = [bar.name for bar in figures.bars if not bar.met]
    if not missed:
        return f"All {len(figures.bars)} demands are met."
    return f"{len(missed)} of {len(figures.bars)} demands are not met: {', '.join(missed)}."


def beaten(stage: Stage, words: str) -> list[str]:
    """Every rival that is more accurate than SigmaQuant within the same budget, or that none is.

    words: the stage as the sentences call it. A uniform width counts where it is no larger than
    SigmaQuant's own allocation.
    """
    said = []
    for point in stage[methods.SIGMAQUANT]:
        for method, others in stage.items():
            if method == methods.SIGMAQUANT:
                continue
            for other in others:
                lead = point.drop - other.drop
                if _comparable(point, other) and lead > 0:
                    name = methods.label(_named(method, other))
                    said.append(
                        f"SigmaQuant is beaten by {name} at {point.budget_bits:g} bits by "
                        f"{percent(lead, 2)} {words}{_doubt(point, other)}."
                    )
    return said or [f"No method beats SigmaQuant at any of the sizes {words}."]


def _doubt(ours: PointFigure, other: PointFigure) -> str:
    """What the seeds say about a lead of `other`; nothing where one of the two has but one."""
    if ours.drop_deviation is None or other.drop_deviation is None:
        return ""
    variances = [p.drop_deviation**2 / len(p.seeds) for p in (ours, other) if p.drop_deviation]
    error = sum(variances) ** 0.5
    certain = ours.drop - other.drop > 2 * error
    return f", {'more' if certain else 'less'} than twice the standard error of {percent(error, 2)}"


def over_budget(stage: Stage, words: str) -> list[str]:
    """Allocations that are larger than their budget, which their method could not keep."""
    return [
        f"{_capital(methods.label(method))} does not keep the budget of {point.budget_bits:g} "
        f"bits: it ends at {point.mean_bits:.2f} {words}."
        for method, points in stage.items()
        for point in points
        if not _within(point)
    ]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _named(method: str, point: PointFigure) -> str:
    return methods.uniform(round(point.mean_bits)) if method == methods.UNIFORM else method


def _comparable(ours: PointFigure, other: PointFigure) -> bool:
    if other.budget_bits is None:
        return other.mean_bits <= ours.mean_bits
    return other.budget_bits == ours.budget_bits and _within(other)


def _within(point: PointFigure) -> bool:
    return point.budget_bits is None or point.mean_bits <= point.budget_bits + 1e-9


def gains(figures: Figures, stage: str) -> list[str]:
    """SigmaQuant against the uniform widths of `stage`, at equal size and at equal accuracy."""
    headlines = figures.headlines
    return [
        f"At {size.mean_bits:.2f} bits SigmaQuant {_size_clause(size)} and {_saving_clause(other)}."
        for size, other in zip(
            headlines.gain_at_equal_size[stage],
            headlines.size_at_equal_accuracy[stage],
            strict=True,
        )
    ]


def _size_clause(size: EqualSize) -> str:
    if size.gain is None:
        return "is outside the sizes of the uniform widths"
    word = "more" if size.gain >= 0 else "less"
    return f"is {percent(abs(size.gain), 2)} {word} accurate than uniform bits of equal size"


def _saving_clause(accuracy: EqualAccuracy) -> str:
    if accuracy.saving is None:
        return "has an accuracy that the line of the uniform widths does not cross"
    word = "smaller" if accuracy.saving >= 0 else "larger"
    return f"{percent(abs(accuracy.saving))} {word} than uniform bits of equal accuracy"


def metric_label(metric: str) -> str:
    """A metric as people read it."""
    return _LABELS.get(metric, metric)


def verdict(rank: MetricRank) -> str:
    """Whether a metric ranks the layers: `yes`, `no`, or `the wrong way round`."""
    if rank.p_value >= SIGNIFICANT:
        return "no"
    return "yes" if rank.correlation > 0 else "the wrong way round"


def ranking(ranks: Sequence[MetricRank]) -> list[str]:
    """Which metrics rank the layers, and what sigma does."""
    good = sorted(
        (each for each in ranks if verdict(each) == "yes"), key=lambda each: -each.correlation
    )
    named = [f"{metric_label(each.metric)} ({each.correlation:.2f})" for each in good]
    said = [f"These rank the layers: {', '.join(named)}." if named else "No metric ranks them."]
    for each in ranks:
        if each.metric in SIGMAS:
            answer = {"yes": "ranks", "no": "does not rank"}.get(verdict(each))
            words = f"{answer} the layers" if answer else "ranks the layers the wrong way round"
            said.append(
                f"The {metric_label(each.metric)} {words}: correlation {each.correlation:.2f}, "
                f"p = {each.p_value:.2g}."
            )
    return said
