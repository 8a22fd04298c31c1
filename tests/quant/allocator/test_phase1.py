from quant.allocator import Zone
from quant.allocator.phase1 import cluster_phase
from tests.quant.allocator.conftest import MakeSearch


def test_a_network_within_budget_at_8_bits_is_done(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 1.0, size=1.0)
    clustered = cluster_phase(search)
    assert not clustered.abandoned
    assert set(clustered.evaluation.bits.values()) == {8}
    assert [(r.phase, r.round, r.qat_epochs) for r in search.rounds] == [(1, 0, 0)]


def test_the_first_round_within_reach_ends_it(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.9, size=0.4)
    clustered = cluster_phase(search)
    assert not clustered.abandoned
    assert clustered.evaluation.bits == {"large": 2, "medium": 4, "small": 6, "tiny": 8}
    assert search.zone(clustered.evaluation) is Zone.BIT_INCREASE
    assert search.rounds[-1].action == "clusters of sigma, balance 0.1"
    assert search.rounds[-1].qat_epochs == 4


def test_three_rounds_far_from_both_budgets_give_up(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.5, size=0.25, size_buffer=0.01)
    clustered = cluster_phase(search)
    assert clustered.abandoned
    assert [r.zone for r in search.rounds[1:]] == ["abandon"] * 3
    assert [r.action[-11:] for r in search.rounds[1:]] == [f"balance 0.{i}" for i in (1, 2, 3)]
    # each round trains on from the one before
    assert getattr(search.evaluator, "parents", None) == [None, "1", "2", "3"]
