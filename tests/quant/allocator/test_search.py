from quant.allocator import Zone
from tests.quant.allocator.conftest import MakeSearch


def run(make_search: MakeSearch, points: dict[int, float], size: float) -> str:
    search = make_search(lambda bits: points[bits["large"]], size=size)
    for width in points:
        bits = dict.fromkeys(search.evaluator.counts, width)
        search.evaluate(bits, parent=None, epochs=2, phase=1, number=1, action="try")
    return search.reached()


def test_both_ends_of_the_frontier(make_search: MakeSearch) -> None:
    assert run(make_search, {8: 1.0, 6: 0.995, 4: 0.97, 2: 0.6}, 0.5) == (
        "smallest size within the accuracy budget 75.0% of INT8; "
        "best drop within the budget on weight size 3.00%"
    )


def test_neither_budget_ever_met(make_search: MakeSearch) -> None:
    assert run(make_search, {8: 0.9, 6: 0.8}, 0.5) == (
        "no allocation within the accuracy budget; its best drop 10.00%; "
        "no allocation within the budget on weight size; its smallest 75.0% of INT8"
    )


def test_rounds_say_where_they_led(make_search: MakeSearch) -> None:
    search = make_search(lambda _: 0.95, size=0.5)
    bits = dict.fromkeys(search.evaluator.counts, 4)
    evaluation = search.evaluate(bits, parent=None, epochs=2, phase=2, number=3, action="try")
    (step,) = search.rounds
    assert (step.phase, step.round, step.action, step.zone) == (2, 3, "try", "bit-increase")
    assert (step.accuracy, step.size_ratio, step.qat_epochs) == (0.95, 0.5, 2)
    assert step.evaluation == evaluation.key
    assert search.zone(evaluation) is Zone.BIT_INCREASE
