"""Accuracy against cost as curves: one per method, every point with its seeds."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True, kw_only=True)
class FrontPoint:
    """One cost of one method; `accuracies` on the test split, one a seed."""

    cost: float
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy over the seeds."""
        return fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation over the seeds; one seed has none."""
        return deviation(self.accuracies)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The points of one method by rising cost.

    family: whose colour it has (`methods.family`). lesser: drawn lighter, beside another curve of
    its family.
    """

    label: str
    family: str
    points: tuple[FrontPoint, ...]
    lesser: bool = False


def curve(label: str, family: str, points: Iterable[FrontPoint], *, lesser: bool = False) -> Curve:
    """The curve through `points`."""
    ordered = tuple(sorted(points, key=lambda point: point.cost))
    return Curve(label=label, family=family, points=ordered, lesser=lesser)


def deviation(values: Sequence[float]) -> float | None:
    """Sample standard deviation; None of a single value."""
    return stdev(values) if len(values) > 1 else None


def accuracy_at(points: Sequence[FrontPoint], cost: float) -> float | None:
    """Mean accuracy at `cost` on the straight line between neighbours; None outside the points.

    `points` rise in cost.
    """
    for low, high in itertools.pairwise(points):
        if low.cost <= cost <= high.cost:
            share = (cost - low.cost) / (high.cost - low.cost)
            return low.mean + share * (high.mean - low.mean)
    return None


def cost_at(points: Sequence[FrontPoint], accuracy: float) -> float | None:
    """The least cost on the lines between neighbours that reaches `accuracy`.

    None where no point does, or the first one does already: the line does not show the cost then.
    """
    for low, high in itertools.pairwise(points):
        if low.mean < accuracy <= high.mean:
            share = (accuracy - low.mean) / (high.mean - low.mean)
            return low.cost + share * (high.cost - low.cost)
    return None
