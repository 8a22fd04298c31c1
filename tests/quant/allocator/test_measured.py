from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from quant.allocator.evaluator import Evaluation
from quant.allocator.measured import (
    accurate,
    best_start,
    exchange,
    measured_search,
    next_exchange,
    proven,
)
from quant.allocator.refined import Refined
from quant.allocator.search import Search
from tests.quant.allocator.conftest import MakeSearch, ScriptedEvaluator

# What a bit is worth in each layer; by weight, the large one is the least worth its bits.
WORTH = {"large": 1.0, "medium": 2.0, "small": 3.0, "tiny": 4.0}


def damage(bits: Mapping[str, int]) -> float:
    return sum(worth * 4.0 ** -bits[name] for name, worth in WORTH.items())


def accuracy(bits: Mapping[str, int]) -> float:
    return 1 - damage(bits)


def measure(
    search: Search, worths: dict[str, dict[str, float]], predict: Mapping[str, float] = WORTH
) -> list[Sequence[Mapping[str, int]]]:
    """Let the evaluator measure by `worths` of each metric, and moves by `predict`."""
    asked: list[Sequence[Mapping[str, int]]] = []
    evaluator = search.evaluator
    assert isinstance(evaluator, ScriptedEvaluator)

    def sensitivity(metric: str, *, widths: tuple[int, ...], images: int) -> object:
        assert images == search.settings.sensitivity_images
        return {n: {w: v * 4.0**-w for w in widths} for n, v in worths[metric].items()}

    def move_divergences(
        current: Evaluation, moves: Sequence[Mapping[str, int]], *, images: int
    ) -> tuple[float, list[float]]:
        assert images == search.settings.sensitivity_images
        asked.append(moves)
        totals = [
            sum(v * 4.0 ** -bits[n] for n, v in predict.items())
            for bits in ({}, *moves)
            for bits in [current.bits | dict(bits)]
        ]
        return totals[0], totals[1:]

    evaluator.sensitivity = sensitivity  # pyright: ignore[reportAttributeAccessIssue]
    evaluator.move_divergences = move_divergences  # pyright: ignore[reportAttributeAccessIssue]
    evaluator.epochs = lambda steps: steps / 100  # pyright: ignore[reportAttributeAccessIssue]
    return asked


WRONG = {"large": 4.0, "medium": 1.0, "small": 0.2, "tiny": 0.1}
METRICS = {"output_kl": WRONG, "fisher": WORTH, "weight_error": WRONG}


def least(search: Search) -> float:
    widths = search.settings.widths
    candidates = (
        dict(zip(search.evaluator.counts, bits, strict=True))
        for bits in product(widths, repeat=len(WORTH))
    )
    return min(damage(bits) for bits in candidates if search.fits(bits))


def test_the_metric_whose_allocation_trains_best_is_taken(make_search: MakeSearch) -> None:
    search = make_search(accuracy, size=0.4)
    measure(search, METRICS)
    best = best_start(search)
    assert damage(best.bits) == pytest.approx(least(search))
    actions = [step.action for step in search.rounds]
    assert actions == ["least output_kl and weight_error", "least fisher and their sum"]
    assert all(search.fits(step.bits) for step in search.rounds)
    assert {step.qat_epochs for step in search.rounds} == {1.0}


def test_exchanges_lead_from_a_bad_start_to_the_best_allocation(make_search: MakeSearch) -> None:
    search = make_search(accuracy, size=0.4, metrics=("output_kl",), search_rounds=8)
    measure(search, METRICS)
    start = best_start(search)
    assert damage(start.bits) > 1.2 * least(search)
    found = exchange(search, start)
    assert damage(found.evaluation.bits) == pytest.approx(least(search))
    assert all(search.fits(step.bits) for step in search.rounds)
    assert found.ending == "no exchange of bits promises a gain"


def test_an_exchange_that_proves_wrong_halves_the_next_and_changes_nothing(
    make_search: MakeSearch,
) -> None:
    search = make_search(accuracy, size=0.5, metrics=("fisher",), search_rounds=8)
    measure(search, METRICS, predict=WORTH | {"medium": 0.1, "tiny": 8.0})
    start = best_start(search)
    found = exchange(search, start)
    assert found.evaluation is start
    (wrong,) = search.rounds[1:]
    assert wrong.action == "raise tiny to 6 bits; lower medium to 2 bits"
    # A single layer's move does not fit, so the halved reach leaves nothing to try.
    assert found.ending == "no exchange of bits promises a gain"


@pytest.mark.parametrize("better", [1, 2])
def test_the_two_leading_allocations_are_trained_on_before_one_is_kept(
    make_search: MakeSearch, better: int
) -> None:
    search = make_search(accuracy, size=0.4, search_rounds=0, proof_steps=50)
    other = {"large": 1.0, "medium": 100.0, "small": 0.1, "tiny": 50.0}
    measure(search, METRICS | {"weight_error": other})
    refined = exchange(search, best_start(search))
    tried = sorted(search.evaluations, key=lambda evaluation: evaluation.divergence)
    assert len(tried) >= 3
    evaluator = search.evaluator
    assert isinstance(evaluator, ScriptedEvaluator)
    leading = {tuple(tried[place].bits.values()): 0.9 - place / 10 for place in range(2)}
    leading[tuple(tried[better - 1].bits.values())] = 0.99
    evaluator.script = lambda bits: leading[tuple(bits.values())]
    kept = proven(search, refined)
    assert kept.evaluation.bits == tried[better - 1].bits
    assert kept.ending == refined.ending
    assert evaluator.parents[-2:] == [tried[0].key, tried[1].key]
    assert [(step.action, step.qat_epochs) for step in search.rounds[-2:]] == [
        ("train on", 0.5)
    ] * 2


@pytest.mark.parametrize("settings", [{"proof_steps": 0}, {"search_steps": 0}])
def test_without_steps_nothing_is_proven(make_search: MakeSearch, settings: dict[str, int]) -> None:
    search = make_search(accuracy, size=0.4, search_rounds=0, **settings)
    measure(search, METRICS)
    refined = exchange(search, best_start(search))
    count = len(search.rounds)
    assert proven(search, refined) is refined
    assert len(search.rounds) == count


def test_rounds_are_limited(make_search: MakeSearch) -> None:
    search = make_search(accuracy, size=0.4, metrics=("output_kl",), search_rounds=1)
    measure(search, METRICS)
    found = exchange(search, best_start(search))
    assert found.ending == "1 exchanges are over"
    assert len(search.rounds) == 2


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_an_exchange_moves_neighbours_only_and_no_more_than_allowed(
    make_search: MakeSearch, reach: int
) -> None:
    search = make_search(accuracy, size=0.4, metrics=("output_kl",))
    measure(search, METRICS)
    start = best_start(search)
    bits = next_exchange(search, start, reach)
    if bits is None:  # a single move up may not fit
        assert reach == 1
        return
    changed = [name for name in bits if bits[name] != start.bits[name]]
    assert 1 <= len(changed) <= reach
    assert all(abs(bits[name] - start.bits[name]) == 2 for name in changed)
    assert damage(bits) < damage(start.bits)
    assert search.fits(bits)


def test_tied_layers_move_as_one_and_pinned_ones_stay(make_search: MakeSearch) -> None:
    search = make_search(
        accuracy,
        size=0.5,
        metrics=("output_kl",),
        pins={"tiny": 7},
        tied=(("medium", "small"),),
    )
    asked = measure(search, METRICS)
    found = measured_search(search)
    for step in search.rounds:
        assert step.bits["medium"] == step.bits["small"]
        assert step.bits["tiny"] == 7
    assert {tuple(move) for moves in asked for move in moves} <= {("large",), ("medium", "small")}
    assert search.size_met(found.evaluation)


def test_without_a_cost_budget_the_smallest_accurate_allocation_is_sought(
    make_search: MakeSearch,
) -> None:
    search = make_search(accuracy, size=1.0, accuracy_drop=0.05, metrics=("fisher",))
    measure(search, METRICS)
    found = measured_search(search).evaluation
    assert search.accuracy_met(found)
    smaller = [e for e in search.evaluations if e.size_ratio < found.size_ratio]
    assert smaller
    assert not any(search.accuracy_met(e) for e in smaller)


def test_budgets_that_the_widest_widths_meet_need_no_search(make_search: MakeSearch) -> None:
    search = make_search(accuracy, size=0.8, widths=(2, 4, 6))
    found = measured_search(search)
    assert found.ending == "the widest widths are within the budgets"
    assert set(found.evaluation.bits.values()) == {6}


def test_an_allocation_that_holds_all_budgets_is_kept_before_a_closer_one_that_does_not(
    make_search: MakeSearch,
) -> None:
    def script(bits: Mapping[str, int]) -> float:
        return 0.99 if bits["tiny"] == 2 else accuracy(bits) - 0.5

    search = make_search(script, size=0.4, accuracy_drop=0.02, metrics=("fisher", "output_kl"))
    measure(search, METRICS)
    evaluator = search.evaluator
    plain = evaluator.evaluate

    def evaluate(bits: Mapping[str, int], **words: Any) -> Evaluation:
        return replace(plain(bits, **words), divergence=damage(bits))

    evaluator.evaluate = evaluate  # pyright: ignore[reportAttributeAccessIssue]
    start = best_start(search)
    held = search.evaluate(
        dict(start.bits) | {"tiny": 2}, parent=None, epochs=0, phase=1, number=9, action="held"
    )
    assert held.divergence > start.divergence
    assert accurate(search, Refined(evaluation=start, ending="x")).evaluation == held
    assert accurate(search, Refined(evaluation=held, ending="x")).evaluation == held


@pytest.mark.parametrize("pins", [WORTH, {"large": 4, "medium": 4, "small": 4}])
def test_a_space_of_few_allocations_is_tried_once_each(
    make_search: MakeSearch, pins: Mapping[str, float]
) -> None:
    search = make_search(
        accuracy,
        size=1.0,
        accuracy_drop=0.001,
        metrics=("fisher",),
        pins=dict.fromkeys(pins, 4),
    )
    measure(search, METRICS)
    found = measured_search(search)
    tried = [tuple(step.bits.values()) for step in search.rounds]
    assert len(set(tried)) == len(tried)
    assert found.ending == "no size in between is left to try"
