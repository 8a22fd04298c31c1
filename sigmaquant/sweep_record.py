"""build/sweep.json: every point of a sweep, and what made them; its table and curves."""

from collections.abc import Sequence
from statistics import fmean

from sigmaquant import methods
from sigmaquant.fronts import Curve, FrontPoint, curve
from sigmaquant.point_results import PointResult
from sigmaquant.record import Record
from sigmaquant.results import FloatResult
from sigmaquant.search_results import Cost
from sigmaquant.sweep_config import SIZE
from sigmaquant.tables import Table, percent

FILE = "sweep.json"
# Name and unit of a cost as it is shown, and from the recorded number to that unit.
COSTS = {
    SIZE: ("weight size, % of INT8", 100.0),
    "weight_bytes": ("weights, bytes", 1.0),
    "bops": ("bit operations of one image, millions", 1e-6),
    "cycles": ("cycles of one image", 1.0),
    "energy_nj": ("energy of one image's MACs, nJ", 1.0),
}
_UNITS = {"weight_bytes": "bytes", "bops": "BOPs", "cycles": "cycles", "energy_nj": "nJ"}


class SweepRecord(Record):
    """A front of one network. axis: the cost, a key of COSTS; left_out: methods not installed."""

    command: str
    axis: str
    pretrained: FloatResult
    points: list[PointResult]
    left_out: list[str]
    inputs: dict[str, str]
    sources: dict[str, str]
    versions: dict[str, str]

    @property
    def float_accuracy(self) -> float:
        """Test accuracy of the float network."""
        return self.pretrained.accuracy.test

    def cost(self, point: PointResult) -> float:
        """What `point` costs on the axis."""
        return point.size_ratio if self.axis == SIZE else self._cost(point).value

    def groups(self) -> list[list[PointResult]]:
        """The seeds of each method and budget together, in order."""
        found: dict[tuple[str, float], list[PointResult]] = {}
        for point in self.points:
            limit = point.size_budget if self.axis == SIZE else self._cost(point).limit
            found.setdefault((point.method, limit or 0.0), []).append(point)
        return list(found.values())

    def front_point(self, group: Sequence[PointResult]) -> FrontPoint:
        """A group on the curve of its method."""
        return FrontPoint(
            cost=fmean(self.cost(point) for point in group),
            accuracies=tuple(point.accuracy.test for point in group),
        )

    def curves(self) -> list[Curve]:
        """One curve per method, SigmaQuant's first where it is there."""
        families: dict[str, list[FrontPoint]] = {}
        for group in self.groups():
            points = families.setdefault(methods.family(group[0].method), [])
            points.append(self.front_point(group))
        order = sorted(families, key=lambda family: family != methods.SIGMAQUANT)
        return [curve(methods.label(family), family, families[family]) for family in order]

    def table(self) -> Table:
        """One row per method and budget; means over the seeds, deviations of the accuracy."""
        name, _ = COSTS[self.axis]
        rows = [("float", "", "32", percent(self.float_accuracy, 2), "", "", "", "")]
        for group in self.groups():
            point = self.front_point(group)
            rows.append(
                (
                    methods.label(group[0].method),
                    self._figure(point.cost),
                    f"{fmean(each.mean_bits for each in group):.2f}",
                    percent(point.mean, 2),
                    "" if point.deviation is None else percent(point.deviation, 2),
                    percent(self.float_accuracy - point.mean, 2),
                    str(len(group)),
                    _met(group),
                )
            )
        headers = ("method", name, "bits", "accuracy", "deviation", "drop", "seeds", "met")
        return Table(headers=headers, rows=tuple(rows))

    def _cost(self, point: PointResult) -> Cost:
        return next(cost for cost in point.costs if cost.unit == _UNITS[self.axis])

    def _figure(self, cost: float) -> str:
        scaled = COSTS[self.axis][1] * cost
        return f"{scaled:.1f}" if self.axis == SIZE else f"{scaled:,.6g}"


def _met(group: Sequence[PointResult]) -> str:
    """How many seeds held all budgets; methods that never look at the accuracy say nothing."""
    known = [point.met for point in group if point.met is not None]
    return f"{sum(known)} of {len(known)}" if known else ""
