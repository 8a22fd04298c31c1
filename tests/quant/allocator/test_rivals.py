import re

import pytest

from quant.allocator.costs import Budget, CostTable, bops, weight_bytes
from quant.allocator.rivals import random
from quant.allocator.space import SearchSpace
from quant.errors import SettingsError

WIDTHS = (2, 3, 4, 6, 8)
COUNTS = {"first": 36, "second": 144, "classifier": 40}
SPACE = SearchSpace(COUNTS, WIDTHS)
SIZE = weight_bytes(COUNTS, range(2, 9))
BUDGETS = [Budget(SIZE, 110)]  # 4 bits a weight

MANY = SearchSpace({f"layer{i}": 10 * i for i in range(1, 13)}, WIDTHS, pins={"layer1": 8})
MANY_SIZE = weight_bytes(MANY.counts, WIDTHS)
MANY_BUDGETS = [
    Budget(MANY_SIZE, 0.4 * MANY_SIZE.of(MANY.highest())),
    Budget(bops(dict.fromkeys(MANY.counts, 7), WIDTHS, dict.fromkeys(MANY.counts, 8)), 3000),
]


@pytest.mark.parametrize("seed", range(8))
def test_random_allocations_fill_the_budget(seed: int) -> None:
    bits = random(MANY, MANY_BUDGETS, seed=seed)
    assert all(budget.met(bits) for budget in MANY_BUDGETS)
    assert max(budget.cost.of(bits) / budget.limit for budget in MANY_BUDGETS) >= 0.97
    assert bits["layer1"] == 8
    assert random(MANY, MANY_BUDGETS, seed=seed) == bits


def test_random_allocations_differ_by_seed() -> None:
    seen = {tuple(random(MANY, MANY_BUDGETS, seed=seed).values()) for seed in range(8)}
    assert len(seen) == 8


def test_random_takes_the_fullest_where_nothing_fills_the_budget() -> None:
    space = SearchSpace({"a": 100, "b": 100}, (2, 8))
    budget = Budget(weight_bytes(space.counts, (2, 8)), 180)
    assert sorted(random(space, [budget], seed=0).values()) == [2, 8]
    loose = Budget(weight_bytes(space.counts, (2, 8)), 1000)
    assert random(space, [loose], seed=0) == space.highest()


def test_budgets_out_of_reach() -> None:
    pinned = SearchSpace(COUNTS, WIDTHS, pins={"second": 8})
    message = "weight size of 110 bytes is out of reach: the least is 163 bytes"
    with pytest.raises(SettingsError, match=re.escape(message)):
        random(pinned, BUDGETS, seed=0)


def test_random_says_where_no_draw_fits() -> None:
    opposite = CostTable("time", "ms", {name: {2: 9, 8: 1} for name in "ab"})
    space = SearchSpace({"a": 8, "b": 8}, (2, 8))
    budgets = [Budget(weight_bytes(space.counts, (2, 8)), 4), Budget(opposite, 2)]
    with pytest.raises(SettingsError, match="1000 random allocations, none within the budgets"):
        random(space, budgets, seed=0)
