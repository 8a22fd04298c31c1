import re

import pytest
import torch

from quant.allocator.assign import assign, greedy
from quant.allocator.costs import Budget, CostTable, bops, weight_bytes
from quant.allocator.rivals import METHODS, propose, random, uniform
from quant.allocator.space import SearchSpace
from quant.data import Splits
from quant.errors import SettingsError
from quant.model import QuantizedModel
from quant.sensitivity import METRICS, Context

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


@pytest.fixture
def context(small_model: QuantizedModel, small_data: Splits) -> Context:
    train = small_data.train
    images, labels = torch.from_numpy(train.images[:64]), torch.from_numpy(train.labels[:64])
    return Context(small_model, images, labels, WIDTHS)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_stays_within_the_budget(context: Context, method: str) -> None:
    bits = propose(method, context, SPACE, BUDGETS, seed=3)
    assert list(bits) == list(COUNTS)
    assert BUDGETS[0].met(bits)
    assert propose(method, context, SPACE, BUDGETS, seed=3) == bits


def test_methods_are_a_metric_and_an_assignment(context: Context) -> None:
    traced = propose("hessian", context, SPACE, BUDGETS, seed=0)
    assert traced == assign(METRICS["hessian"](context), SPACE, BUDGETS)
    by_error = propose("layer_mse", context, SPACE, BUDGETS, seed=0)
    assert by_error == greedy(METRICS["weight_mse"](context), SPACE, BUDGETS)


def test_a_method_that_is_not_there(context: Context) -> None:
    with pytest.raises(SettingsError, match=r"no rival 'dnas'; choose from \['entropy', 'fisher'"):
        propose("dnas", context, SPACE, BUDGETS, seed=0)


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


def test_uniform_is_the_largest_width_that_fits() -> None:
    assert uniform(SPACE, BUDGETS) == dict.fromkeys(COUNTS, 4)
    assert uniform(SPACE, [Budget(SIZE, 109)]) == dict.fromkeys(COUNTS, 3)
    pinned = SearchSpace(COUNTS, WIDTHS, pins={"first": 8})
    assert uniform(pinned, BUDGETS) == {"first": 8, "second": 3, "classifier": 3}


def test_budgets_out_of_reach(context: Context) -> None:
    pinned = SearchSpace(COUNTS, WIDTHS, pins={"second": 8})
    message = "weight size of 110 bytes is out of reach: the least is 163 bytes"
    with pytest.raises(SettingsError, match=re.escape(message)):
        propose("random", context, pinned, BUDGETS, seed=0)
    with pytest.raises(SettingsError, match=re.escape(message)):
        uniform(pinned, BUDGETS)


def test_random_says_where_no_draw_fits() -> None:
    opposite = CostTable("time", "ms", {name: {2: 9, 8: 1} for name in "ab"})
    space = SearchSpace({"a": 8, "b": 8}, (2, 8))
    budgets = [Budget(weight_bytes(space.counts, (2, 8)), 4), Budget(opposite, 2)]
    with pytest.raises(SettingsError, match="1000 random allocations, none within the budgets"):
        random(space, budgets, seed=0)
    with pytest.raises(SettingsError, match="no single width meets the budgets"):
        uniform(space, budgets)
