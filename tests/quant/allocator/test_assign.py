import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.allocator.assign import Scores, assign, greedy
from quant.allocator.costs import Budget, CostTable, weight_bytes
from quant.allocator.space import SearchSpace
from quant.errors import SettingsError

WIDTHS = (2, 4, 8)
COUNTS = {"a": 40, "b": 10, "c": 10, "d": 25}
SPACE = SearchSpace(COUNTS, WIDTHS)
SIZE = weight_bytes(COUNTS, WIDTHS)


def table(rows: Sequence[Sequence[float]], names: Sequence[str]) -> dict[str, dict[int, float]]:
    return {
        name: dict(zip(WIDTHS, row, strict=True)) for name, row in zip(names, rows, strict=True)
    }


def every_allocation(space: SearchSpace) -> list[dict[str, int]]:
    choices = [space.choices(group) for group in space.groups]
    return [
        space.expand(dict(zip(space.groups, widths, strict=True))) for widths in product(*choices)
    ]


def total(scores: Scores, bits: dict[str, int]) -> float:
    return sum(scores[layer][width] for layer, width in bits.items())


@st.composite
def problems(draw: st.DrawFn) -> tuple[SearchSpace, Scores, list[Budget]]:
    """Five layers in four or five groups, a pin or none, one or two budgets that may conflict."""
    names = list("abcde")
    small = st.integers(0, 30)
    counts = {name: draw(st.integers(1, 50)) for name in names}
    tied = draw(st.sampled_from([(), (("b", "d"),)]))
    pins = draw(st.sampled_from([{}, {"a": 4}, {"d": 8}]))
    space = SearchSpace(counts, WIDTHS, pins=pins, tied=tied)
    rows = st.lists(st.lists(small, min_size=3, max_size=3), min_size=5, max_size=5)
    scale = draw(st.sampled_from([1e-7, 1, 1e5]))
    scores = table([[scale * value for value in row] for row in draw(rows)], names)
    budgets = []
    for name in draw(st.sampled_from([["x"], ["x", "y"]])):
        cost = CostTable(name, "units", table(draw(rows), names), constant=draw(small))
        least, most = int(cost.minimum()), cost.constant + 150
        budgets.append(Budget(cost, draw(st.integers(max(1, least), int(most)))))
    return space, scores, budgets


@settings(max_examples=150, deadline=None)
@given(problems())
def test_no_allocation_within_the_budgets_is_better(
    problem: tuple[SearchSpace, Scores, list[Budget]],
) -> None:
    space, scores, budgets = problem
    within = [
        bits for bits in every_allocation(space) if all(budget.met(bits) for budget in budgets)
    ]
    if not within:
        with pytest.raises(SettingsError, match="is out of reach"):
            assign(scores, space, budgets)
        return
    bits = assign(scores, space, budgets)
    assert all(budget.met(bits) for budget in budgets)
    least = min(total(scores, other) for other in within)
    assert total(scores, bits) == pytest.approx(least, rel=1e-9)
    ties = [other for other in within if total(scores, other) <= least * (1 + 1e-12)]

    def size(bits: dict[str, int]) -> int:
        return sum(space.counts[layer] * width for layer, width in bits.items())

    assert size(bits) == min(size(other) for other in ties)
    assert assign(scores, space, budgets) == bits


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_greedy_way_meets_what_can_be_met_where_costs_rise_with_bits(
    problem: tuple[SearchSpace, Scores, list[Budget]],
) -> None:
    space, scores, budgets = problem
    budgets = [replace(budget, cost=rising(budget.cost)) for budget in budgets]
    if all(budget.met(space.lowest()) for budget in budgets):
        bits = greedy(scores, space, budgets)
        assert bits in every_allocation(space)
        assert all(budget.met(bits) for budget in budgets)
    else:
        with pytest.raises(SettingsError, match="is out of reach: the least is"):
            greedy(scores, space, budgets)


def rising(cost: CostTable) -> CostTable:
    rows = {
        name: dict(zip(WIDTHS, sorted(row.values()), strict=True))
        for name, row in cost.by_layer.items()
    }
    return replace(cost, by_layer=rows)


FALLING = table([[9, 3, 0], [8, 7, 0], [6, 1, 0], [5, 2, 0]], list(COUNTS))


def test_without_pressure_the_best_scores_win() -> None:
    loose = [Budget(SIZE, 1000)]
    assert assign(FALLING, SPACE, loose) == SPACE.highest()
    assert greedy(FALLING, SPACE, loose) == SPACE.highest()


def test_equal_scores_take_the_fewest_bits() -> None:
    flat: Scores = {layer: dict.fromkeys(WIDTHS, 1.0) for layer in COUNTS}
    assert assign(flat, SPACE, [Budget(SIZE, 1000)]) == SPACE.lowest()


def test_the_greedy_way_lowers_what_hurts_least_by_the_byte() -> None:
    """From 85 bytes, 12 too many: d to 4 bits costs 2 / 12, c 1 / 5, a 3 / 12 as no more is saved.

    35 too many: a to 4 bits is 3 / 20 and goes first, then d, then c.
    """
    assert greedy(FALLING, SPACE, [Budget(SIZE, 73)]) == SPACE.highest() | {"d": 4}
    bits = greedy(FALLING, SPACE, [Budget(SIZE, 50)])
    assert bits == {"a": 4, "b": 8, "c": 4, "d": 4}


def test_a_budget_is_not_broken_by_the_solver_s_tolerance() -> None:
    """The best allocation costs one cycle in 10^13 too many."""
    large = 10**13
    cost = CostTable("cycles", "cycles", {n: {2: 1, 4: large} for n in "ab"})
    scores = {n: {2: 1.0, 4: 0.0} for n in "ab"}
    space = SearchSpace({"a": 1, "b": 2}, (2, 4))
    assert assign(scores, space, [Budget(cost, 2 * large)]) == {"a": 4, "b": 4}
    assert assign(scores, space, [Budget(cost, 2 * large - 1)]) == {"a": 4, "b": 2}


def test_pins_count_towards_what_is_in_reach() -> None:
    pinned = SearchSpace(COUNTS, WIDTHS, pins={"a": 8})
    message = "weight size of 50 bytes is out of reach: the least is 51.25 bytes"
    for choose in (assign, greedy):
        with pytest.raises(SettingsError, match=re.escape(message)):
            choose(FALLING, pinned, [Budget(SIZE, 50)])


def test_budgets_that_exclude_each_other() -> None:
    opposite = CostTable("time", "ms", {name: {2: 9, 4: 5, 8: 1} for name in COUNTS})
    budgets = [Budget(SIZE, 30), Budget(opposite, 20)]
    message = (
        "weight size of 30 bytes is out of reach within the budget of time: "
        "the least is 36.25 bytes"
    )
    with pytest.raises(SettingsError, match=re.escape(message)):
        assign(FALLING, SPACE, budgets)


def test_costs_that_rise_at_lower_widths_may_stop_the_greedy_way() -> None:
    odd = CostTable("time", "ms", {name: {2: 5, 4: 9, 8: 7} for name in COUNTS})
    space = SearchSpace(COUNTS, (4, 8))
    area = CostTable("area", "um2", {name: {2: 1, 4: 1, 8: 3} for name in COUNTS})
    message = "time of 28 ms is out of reach by lowering single groups: the least is 30 ms"
    with pytest.raises(SettingsError, match=re.escape(message)):
        greedy(FALLING, space, [Budget(area, 11), Budget(odd, 28)])


@pytest.mark.parametrize("score", [None, float("nan"), float("inf")])
def test_scores_that_are_none(score: float | None) -> None:
    row = {2: 1.0, 8: 0.0} | ({} if score is None else {4: score})
    scores = FALLING | {"b": row}
    for choose in (assign, greedy):
        with pytest.raises(SettingsError, match=rf"layer 'b' has the score {score} at 4 bits"):
            choose(scores, SPACE, [Budget(SIZE, 1000)])
