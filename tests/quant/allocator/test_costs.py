import math
import re

import pytest

from quant.allocator.costs import Budget, CostTable, bops, weight_bytes
from quant.errors import SettingsError

CYCLES = CostTable("cycles", "cycles", {"a": {2: 10, 4: 20}, "b": {2: 7, 4: 9}}, constant=100)


def test_a_cost_is_the_sum_of_its_layers_and_the_constant() -> None:
    assert CYCLES.of({"a": 4, "b": 2}) == 127
    assert CYCLES.minimum() == 117


def test_integers_stay_exact_where_floats_would_not() -> None:
    large = 2**60
    cost = CostTable("cycles", "cycles", {"a": {2: large, 4: large + 1}, "b": {2: 1, 4: 1}})
    assert cost.of({"b": 4, "a": 4}) == large + 2
    assert not Budget(cost, large + 1).met({"a": 4, "b": 2})
    assert Budget(cost, large + 2).met({"a": 4, "b": 2})


def test_the_table_is_a_copy() -> None:
    rows = {"a": {2: 1}}
    cost = CostTable("cycles", "cycles", rows)
    rows["a"][2] = 5
    assert cost.of({"a": 2}) == 1


def test_weight_bytes_count_packed_bits() -> None:
    cost = weight_bytes({"a": 10, "b": 3}, iter((2, 3)))
    assert cost.of({"a": 3, "b": 2}) == 36 / 8
    assert cost.unit == "bytes"


def test_bops_multiply_both_widths() -> None:
    cost = bops({"a": 100, "b": 7}, iter((2, 8)), {"a": 8, "b": 4, "c": 8})
    assert cost.of({"a": 2, "b": 8}) == 100 * 2 * 8 + 7 * 8 * 4
    with pytest.raises(SettingsError, match=r"no activation bits for the layers \['a'\]"):
        bops({"a": 1}, (2,), {})


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_what_is_no_cost(value: float) -> None:
    with pytest.raises(SettingsError, match=rf"'x', layer 'a' at 4 bits: {value} is not a cost"):
        CostTable("x", "u", {"a": {2: 0, 4: value}})
    with pytest.raises(SettingsError, match=rf"'x', constant: {value} is not a cost"):
        CostTable("x", "u", {"a": {2: 0}}, constant=value)


def test_layers_have_the_same_widths() -> None:
    with pytest.raises(SettingsError, match=r"layer 'b' has the widths \[2\], layer 'a' \[2, 4\]"):
        CostTable("x", "u", {"a": {2: 0, 4: 1}, "b": {2: 0}})


@pytest.mark.parametrize("rows", [{}, {"a": {}}])
def test_an_empty_table(rows: dict[str, dict[int, float]]) -> None:
    with pytest.raises(SettingsError, match="cost 'x' is empty"):
        CostTable("x", "u", rows)


def test_bits_of_other_layers_or_widths() -> None:
    with pytest.raises(SettingsError, match=r"for the layers \['a', 'b'\], not \['a', 'c'\]"):
        CYCLES.of({"a": 2, "c": 2})
    with pytest.raises(SettingsError, match="'cycles' has no layer 'b' at 3 bits"):
        CYCLES.of({"a": 2, "b": 3})


def test_a_budget_is_met_or_over() -> None:
    budget = Budget(CYCLES, 120)
    most = {"a": 4, "b": 4}
    assert budget.met({"a": 2, "b": 4})
    assert budget.over({"a": 2, "b": 4}) == 0
    assert not budget.met(most)
    assert budget.over(most) == pytest.approx(9 / 120)


def test_a_budget_below_the_least_cost() -> None:
    message = "cycles of 116 cycles is out of reach: the least is 117 cycles"
    with pytest.raises(SettingsError, match=re.escape(message)):
        Budget(CYCLES, 116)
    message = "weight size of 1,000.5 bytes is out of reach: the least is 2,500 bytes"
    with pytest.raises(SettingsError, match=re.escape(message)):
        Budget(weight_bytes({"a": 10_000}, (2, 4)), 1000.5)


@pytest.mark.parametrize("limit", [0, -1, math.nan, math.inf])
def test_limits_that_are_none(limit: float) -> None:
    with pytest.raises(SettingsError, match=rf"'cycles' must be positive and finite, not {limit}"):
        Budget(CYCLES, limit)
