"""What an exploration says of the preset it is around: sentences computed from the record."""

from collections.abc import Mapping, Sequence
from math import hypot, prod

from hw.config import preset
from sigmaquant.explore_front import dominating, winner
from sigmaquant.explore_record import ExploreRecord
from sigmaquant.explore_results import COSTS, Costs
from sigmaquant.tables import percent


def standing(record: ExploreRecord) -> list[str]:
    """Whether the preset is on the front, what beats it in what, and which array wins."""
    named = record.named
    if named is None:
        return [
            f"{record.around} is not among the arrays: {record.left_out[record.around]}.",
            f"{record.name(record.winner)} has the least area x time x energy.",
        ]
    return _standing(record, record.points, named.label)


def on_engine(record: ExploreRecord) -> list[str]:
    """The same with the time of the whole engine, and the arrays that have none around them."""
    points, named = record.engine_points, record.named
    reasons = {each.label: each.timing.no_engine for each in record.arrays if not each.engine_us}
    without = [f"No engine around {names}: {why}." for names, why in _by_reason(reasons)]
    if named is None or named.label not in points:
        return without
    first, *others = _standing(record, points, named.label)
    of_all = f"{len(points)} of {len(record.arrays)}"
    return [f"With the time of the whole engine, {of_all} arrays: {first}", *others, *without]


def widened(record: ExploreRecord) -> list[str]:
    """Presets whose accumulators are wider here than their own, for this network's sums."""
    return [
        f"{name} has accumulators of {width} bits here, {preset(name).accumulator_width} by "
        "itself: the network's sums need them."
        for each in record.arrays
        for name in each.presets
        if (width := each.area.configuration["accumulator_width"]) != preset(name).accumulator_width
    ]


def left_out(record: ExploreRecord) -> list[str]:
    """What is not among the arrays and why, one sentence for each reason."""
    sentences = [f"{names}: {why}." for names, why in _by_reason(record.left_out)]
    if record.off_peak:
        sentences.append(
            f"{record.off_peak} combinations: another peak than {record.peak:g} MAC a cycle at "
            "8 bits."
        )
    return sentences


def _by_reason(reasons: Mapping[str, str]) -> list[tuple[str, str]]:
    """(names, reason) of names that share their reason."""
    return [
        (", ".join(name for name, other in reasons.items() if other == reason), reason)
        for reason in dict.fromkeys(reasons.values())
    ]


def _standing(record: ExploreRecord, points: Mapping[str, Costs], label: str) -> list[str]:
    better = dominating(points, label)
    if not better:
        place = f"{record.around} is on the front: no array is better in all of {_listed(COSTS)}."
        return [place, *_least(record, points, label), _product(record, points, label)]
    best = winner({name: points[name] for name in better})
    place = (
        f"{record.around} is not on the front: {record.name(best)} is at least as good in "
        f"{_listed(COSTS)} ({_changes(record, points, best, label)})"
    )
    others = [record.name(name) for name in better if name != best]
    place += f", and so {'is' if len(others) == 1 else 'are'} {_listed(others)}." if others else "."
    return [place, *_least(record, points, label, told=best), _product(record, points, label)]


def _least(
    record: ExploreRecord, points: Mapping[str, Costs], label: str, told: str | None = None
) -> list[str]:
    """The arrays that are best in a cost, where those are others than `label` and `told`."""
    best: dict[str, list[str]] = {}
    for index, cost in enumerate(COSTS):
        least = min(points, key=lambda name: points[name][index])
        if least != told and points[least][index] < points[label][index]:
            best.setdefault(least, []).append(cost)
    return [
        f"{record.name(name)} has the least {_listed(costs)}: "
        f"{_changes(record, points, name, label)}."
        for name, costs in best.items()
    ]


def _product(record: ExploreRecord, points: Mapping[str, Costs], label: str) -> str:
    best = winner(points)
    if best == label:
        return f"{record.around} has the least area x time x energy."
    ratio = prod(points[best]) / prod(points[label])
    return (
        f"{record.around} is not the winner by area x time x energy: {record.name(best)} has "
        f"{percent(ratio)} of its product."
    )


def _changes(record: ExploreRecord, points: Mapping[str, Costs], name: str, label: str) -> str:
    """Each cost of `name` against that of `label`, such as area -3.0 %."""
    pairs = zip(COSTS, points[name], points[label], strict=True)
    words = ", ".join(f"{cost} {_change(one / other - 1)}" for cost, one, other in pairs)
    one, other = (record.of(each).energy for each in (name, label))
    difference = abs(one.energy_nj - other.energy_nj)
    unsure = 0 < difference < hypot(one.error_nj, other.error_nj)
    return f"{words}, within its error" if unsure else words


def _change(ratio: float) -> str:
    """With its sign; small ones with more digits, so that a lead is never shown as none."""
    if not ratio:
        return "equal"
    digits = 1 if abs(ratio) >= 0.0005 else 3
    return f"{'+' if ratio > 0 else ''}{percent(ratio, digits)}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
