"""Which of several designs no other beats, and which wins: costs of which less is better."""

from collections.abc import Mapping
from math import prod

from sigmaquant.explore_results import Costs


def dominates(one: Costs, other: Costs) -> bool:
    """Whether `one` costs less somewhere and nowhere more."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def dominating(points: Mapping[str, Costs], name: str) -> list[str]:
    """The designs that dominate `name`, in order."""
    return [other for other, costs in points.items() if dominates(costs, points[name])]


def front(points: Mapping[str, Costs]) -> list[str]:
    """The Pareto-optimal designs: those that none dominates, in order."""
    return [name for name in points if not dominating(points, name)]


def winner(points: Mapping[str, Costs]) -> str:
    """The design with the least product of all costs, the first of equals."""
    return min(points, key=lambda name: prod(points[name]))
