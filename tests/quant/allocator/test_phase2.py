import pytest

from quant.allocator.evaluator import Evaluation
from quant.allocator.phase2 import Refined, next_move, refine_phase
from quant.allocator.search import Search
from quant.sensitivity.statistics import sensitivity
from tests.quant.allocator.conftest import MakeSearch


def start(search: Search, *bits: int) -> Evaluation:
    names = search.evaluator.counts
    return search.evaluate(
        dict(zip(names, bits, strict=True)),
        parent=None,
        epochs=0,
        phase=1,
        number=1,
        action="start",
    )


def refine(search: Search, *bits: int) -> Refined:
    return refine_phase(search, start(search, *bits))


def test_within_both_budgets_nothing_moves(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 1.0, size=0.6)
    refined = refine(search, 4, 4, 4, 4)
    assert refined.evaluation.bits == {"large": 4, "medium": 4, "small": 4, "tiny": 4}
    assert refined.ending == "both budgets hold"
    assert len(search.rounds) == 1


def test_too_big_lowers_the_least_sensitive_layers(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 1.0, size=0.30)
    begun = start(search, 4, 4, 4, 4)
    weights = search.evaluator.float_weights
    ranked = sorted(weights, key=lambda name: sensitivity(weights[name], 4))
    move = next_move(search, begun, set())
    assert move is not None
    assert not move.up
    assert list(move.layers) == ranked[:2]
    assert all(move.bits[name] == 2 for name in ranked[:2])


def test_short_of_accuracy_raises_the_most_sensitive_that_fit(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.9, size=0.40)
    begun = start(search, 2, 2, 2, 2)
    move = next_move(search, begun, set())
    assert move is not None
    assert move.up
    weights = search.evaluator.float_weights
    ranked = sorted(weights, key=lambda name: -sensitivity(weights[name], 2))
    fitting = [name for name in ranked if name != "large"]  # large at 4 bits would be too big
    assert list(move.layers) == fitting[:2]
    assert str(move) == f"raise {fitting[0]} to 4, {fitting[1]} to 4 bits"


def test_a_move_down_ends_at_the_budget(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 1.0, size=0.99, refine_layers=4)
    move = next_move(search, start(search, 8, 8, 8, 8), set())
    assert move is not None
    assert search.fits(move.bits)
    assert not search.fits(move.bits | {move.layers[-1]: 8})


def test_it_ends_in_the_target_and_trains_from_round_to_round(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 1.0, size=0.26)
    refined = refine(search, 4, 4, 8, 8)
    assert refined.ending == "both budgets hold"
    assert search.size_met(refined.evaluation)
    assert refined.evaluation is search.evaluations[-1]
    parents = getattr(search.evaluator, "parents", [])
    assert parents == [None, *(str(n) for n in range(1, len(parents)))]


def test_nothing_is_tried_twice_and_no_gain_ends_it_at_the_best(make_search: MakeSearch) -> None:
    def accuracy(bits: dict[str, int]) -> float:
        return 0.97 if bits["large"] == 4 else 0.5

    search = make_search(accuracy, size=0.55, patience=3, accuracy_buffer=0.5)
    refined = refine(search, 4, 4, 4, 4)
    tried = [tuple(r.bits.values()) for r in search.rounds]
    assert len(set(tried)) == len(tried)
    assert refined.ending == "no gain in 3 rounds"
    assert len(tried) == 1 + 3 + 3  # patience, a return to the best, patience again
    best = min(search.evaluations, key=search.violation)
    assert refined.evaluation is best


def test_the_round_limit(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.5, size=0.26, refine_rounds=2)
    refined = refine(search, 8, 8, 8, 8)
    assert refined.ending == "2 rounds of phase 2 are over"
    assert len(search.rounds) == 3


def test_all_at_the_narrowest_and_still_short_of_moves(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.5, size=0.5, widths=(2,))
    refined = refine(search, 2, 2, 2, 2)
    assert refined.ending == "no move is left"


@pytest.mark.parametrize("widths", [(2, 3, 5, 8), (2, 8)])
def test_moves_follow_the_candidate_widths(
    make_search: MakeSearch, widths: tuple[int, ...]
) -> None:
    search = make_search(lambda _: 1.0, size=0.25, widths=widths)
    refine(search, 8, 8, 8, 8)
    assert {bits for r in search.rounds for bits in r.bits.values()} == set(widths)
