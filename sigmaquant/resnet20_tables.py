"""The benchmark's tables, for its page and the README."""

from statistics import fmean

from sigmaquant import methods
from sigmaquant.resnet20_plan import MAIN
from sigmaquant.resnet20_record import Figures, PointFigure
from sigmaquant.tables import Table, percent


def main_table(figures: Figures) -> Table:
    """The main points: accuracy, deviation over seeds, and the integer networks."""
    rows = [("float", "32", "", percent(figures.float_network.test, 2), "", "", "")]
    for point in figures.points[MAIN][methods.SIGMAQUANT]:
        rows.append(
            (
                f"SigmaQuant, budget {point.budget_bits:g} bits",
                f"{point.mean_bits:.2f}",
                percent(point.size_ratio),
                _accuracy(point),
                percent(point.drop, 2),
                percent(fmean(point.golden_accuracy), 2),
                str(len(point.seeds)),
            )
        )
    headers = (
        "network",
        "mean bits",
        "size of INT8",
        "test accuracy",
        "drop",
        "in integers",
        "seeds",
    )
    return Table(headers=headers, rows=tuple(rows))


def stage_table(figures: Figures, stage: str) -> Table:
    """Every method of a stage at every size; drops against float, and the training behind them."""
    rows = [
        (
            _name(method, point),
            f"{point.mean_bits:.2f}",
            _accuracy(point),
            percent(point.drop, 2),
            f"{point.qat_epochs:.2f}",
            f"{point.cpu_minutes:.1f}",
            str(len(point.seeds)),
        )
        for method, points in figures.points[stage].items()
        for point in points
    ]
    headers = ("method", "mean bits", "accuracy", "drop", "epochs", "CPU minutes", "seeds")
    return Table(headers=headers, rows=tuple(rows))


def _name(method: str, point: PointFigure) -> str:
    if point.budget_bits is None:
        return methods.label(methods.uniform(round(point.mean_bits)))
    return f"{methods.label(method)}, {point.budget_bits:g} bits"


def _accuracy(point: PointFigure) -> str:
    """The mean, and the deviation over the seeds where there are several."""
    mean = percent(fmean(point.accuracy), 2)
    if point.drop_deviation is None:
        return mean
    return f"{mean} ± {100 * point.drop_deviation:.2f}"
