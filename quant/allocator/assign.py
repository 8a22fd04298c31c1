"""The allocation of least total score within all budgets, exactly or greedily.

A score says how much a layer is damaged at a width; scores add up over layers, as costs do.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from quant.allocator.costs import Budget, unreachable
from quant.allocator.integer_program import IntegerProgram
from quant.allocator.space import Group, SearchSpace
from quant.errors import SettingsError

Scores = Mapping[str, Mapping[int, float]]

# Totals this close, relative to the sum of the layers' ranges, count as equal.
_TIE = 1e-9


def assign(scores: Scores, space: SearchSpace, budgets: Sequence[Budget]) -> dict[str, int]:
    """Return the bits of every layer that give the least sum of scores within all `budgets`.

    Among allocations whose sums differ by less than 1e-9 of their range, one of the fewest weight
    bits is taken; the same input gives the same answer. SettingsError where scores are missing or
    not finite, and where the budgets cannot be met: it names the tightest and what is in reach.
    """
    check_scores(scores, space)
    check_reachable(space, budgets)
    program = IntegerProgram(space, budgets)

    def score(layer: str, width: int) -> float:
        return scores[layer][width]

    best = program.minimise(score)
    if best is None:
        raise _conflict(space, budgets)
    total = sum(score(layer, width) for layer, width in best.items())
    smallest = program.minimise(
        lambda layer, width: space.counts[layer] * width,
        within=(score, total + _TIE * _range(scores, space)),
    )
    return best if smallest is None else smallest


def greedy(scores: Scores, space: SearchSpace, budgets: Sequence[Budget]) -> dict[str, int]:
    """Return bits within all `budgets`, lowered from the highest widths one group at a time.

    Each move, to any lower width, has the least rise of the score for the excess over the budgets
    that it saves, the excess of each budget relative to its limit; of equals the first. Raises
    SettingsError as `assign` does, and where no move saves anything: costs may rise again at
    lower widths.
    """
    check_scores(scores, space)
    check_reachable(space, budgets)
    bits = space.highest()
    while over := _excess(bits, budgets):
        best, least = None, float("inf")
        for group, lower in _moves_down(bits, space):
            saved = over - _excess(lower, budgets)
            rise = sum(scores[layer][lower[layer]] - scores[layer][bits[layer]] for layer in group)
            if saved > 0 and rise / saved < least:
                best, least = lower, rise / saved
        if best is None:
            worst = max(budgets, key=lambda budget: budget.over(bits))
            raise unreachable(worst, worst.cost.of(bits), " by lowering single groups")
        bits = best
    return bits


def check_scores(scores: Scores, space: SearchSpace) -> None:
    """Raise SettingsError unless every layer has a finite score at each width it may have."""
    for group in space.groups:
        for layer in group:
            for width in space.choices(group):
                score = scores.get(layer, {}).get(width)
                if score is None or not isfinite(score):
                    raise SettingsError(
                        f"layer '{layer}' has the score {score} at {width} bits; "
                        "every width it may have needs a finite one"
                    )


def check_reachable(space: SearchSpace, budgets: Sequence[Budget]) -> None:
    """Raise SettingsError for the first budget that no allocation of `space` meets."""
    for budget in budgets:
        cheapest = _cheapest(space, budget)
        if not budget.met(cheapest):
            raise unreachable(budget, budget.cost.of(cheapest))


def _cheapest(space: SearchSpace, budget: Budget) -> dict[str, int]:
    def cost(group: Group, width: int) -> float:
        return sum(budget.cost.at(layer, width) for layer in group)

    return space.expand(
        {
            group: min(space.choices(group), key=lambda width: cost(group, width))
            for group in space.groups
        }
    )


def _range(scores: Scores, space: SearchSpace) -> float:
    sums = [
        [sum(scores[layer][width] for layer in group) for width in space.choices(group)]
        for group in space.groups
    ]
    return sum(max(row) - min(row) for row in sums)


def _excess(bits: Mapping[str, int], budgets: Sequence[Budget]) -> float:
    return sum(budget.over(bits) for budget in budgets)


def _moves_down(
    bits: Mapping[str, int], space: SearchSpace
) -> Iterator[tuple[Group, dict[str, int]]]:
    for group in space.groups:
        for width in space.choices(group):
            if width < bits[group[0]]:
                yield group, dict(bits) | dict.fromkeys(group, width)


def _conflict(space: SearchSpace, budgets: Sequence[Budget]) -> SettingsError:
    """Return the error of budgets that can be met one by one but not together.

    They are taken in turn, the one with most room first; the first that no longer fits is named.
    """

    def room(budget: Budget) -> float:
        return budget.limit / (budget.cost.of(_cheapest(space, budget)) or 1)

    looser: list[Budget] = []
    for budget in sorted(budgets, key=room, reverse=True):
        cheapest = IntegerProgram(space, looser).minimise(budget.cost.at)
        if cheapest is not None and not budget.met(cheapest):
            names = ", ".join(other.cost.name for other in looser)
            return unreachable(budget, budget.cost.of(cheapest), f" within the budget of {names}")
        looser.append(budget)
    return SettingsError("the budgets cannot be met together; raise one of them")
