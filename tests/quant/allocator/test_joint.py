import pytest

from quant.allocator.joint import joint
from quant.allocator.search import size_budget
from quant.allocator.space import SearchSpace

COUNTS = {"big": 100, "small": 10}
SPACE = SearchSpace(COUNTS, (2, 8))
FIRST = {"big": {2: 8.0, 8: 1.0}, "small": {2: 3.0, 8: 0.0}}
SECOND = {"big": {2: 0.04, 8: 0.0}, "small": {2: 0.01, 8: 0.0}}


def test_every_metric_counts_in_units_of_its_own_least_total() -> None:
    budget = size_budget(SPACE, 0.5)  # the big layer must have 2 bits
    found = joint({"first": FIRST, "second": SECOND}, SPACE, [budget])
    assert found == {
        "big": {2: pytest.approx(1 + 1), 8: pytest.approx(1 / 8)},
        "small": {2: pytest.approx(3 / 8 + 1 / 4), 8: 0.0},
    }


def test_units_do_not_matter() -> None:
    budget = size_budget(SPACE, 0.5)
    scaled = {name: {w: 1000 * v for w, v in row.items()} for name, row in SECOND.items()}
    plain = joint({"first": FIRST, "second": SECOND}, SPACE, [budget])
    other = joint({"first": FIRST, "second": scaled}, SPACE, [budget])
    for name, row in plain.items():
        assert other[name] == pytest.approx(row)


def test_a_metric_without_damage_counts_as_it_is() -> None:
    assert joint({"second": SECOND}, SPACE, []) == SECOND
