import pytest

from sigmaquant.budget_table import budget_table, budgets_met
from sigmaquant.config import Configuration
from sigmaquant.engine_results import EngineFit
from sigmaquant.findings import Findings
from sigmaquant.results import AllocationResult, NetworkResult
from sigmaquant.search_results import Cost

START = 0.9889
FIT = EngineFit(engine="edge", cycles=1234, reason="")
NO_FIT = EngineFit(engine="edge", cycles=None, reason="too many words")
SIZE = Cost(name="weight size", unit="bytes", value=22_000.5, limit=22_266)
CYCLES = Cost(name="cycles on edge", unit="cycles", value=1234, limit=1300)
ENERGY = Cost(name="energy of MACs on edge", unit="nJ", value=9.5, limit=9)


@pytest.fixture
def allocation(findings: Findings) -> AllocationResult:
    return findings.allocations[0].model_copy(update={"met": True, "costs": [SIZE, CYCLES, ENERGY]})


@pytest.fixture
def network(findings: Findings) -> NetworkResult:
    good = {"golden_accuracy": START - 0.004, "size_ratio": 0.39}
    return findings.networks[0].model_copy(update=good)


def rows(
    asked: Configuration, allocation: AllocationResult, network: NetworkResult, fit: EngineFit
) -> dict[str, tuple[str, ...]]:
    table = budget_table(asked, START, [allocation], [network], [fit])
    return {row[0].removeprefix("seed 1: "): row[1:] for row in table.rows}


def test_every_budget_has_a_row_with_its_unit(allocation: AllocationResult, network: NetworkResult):
    asked = Configuration(cycles=1300, accuracy_drop=0.003)
    assert rows(asked, allocation, network, FIT) == {
        "accuracy drop": ("0.40\N{NO-BREAK SPACE}%", "0.30\N{NO-BREAK SPACE}%", "no"),
        "weight size": ("22,000.5 bytes", "22,266 bytes", "yes"),
        "energy of MACs on edge": ("9.5 nJ", "9 nJ", "no"),
        "cycles on edge": ("1,234 cycles", "1,300 cycles", "yes"),
    }


def test_bytes_and_cycles_are_told_without_a_budget_too(
    allocation: AllocationResult, network: NetworkResult
):
    free = allocation.model_copy(update={"costs": []})
    shown = rows(Configuration(), free, network, FIT)
    assert shown["weight size"] == (f"{network.weight_bytes:,} bytes", "", "")
    assert shown["cycles on edge"] == ("1,234 cycles", "", "")


@pytest.mark.parametrize(
    ("cycles", "fit", "shown", "met"),
    [
        (1234, FIT, ("1,234 cycles", "1,234 cycles", "yes"), True),
        (1233, FIT, ("1,234 cycles", "1,233 cycles", "no"), False),
        (9999, NO_FIT, ("does not fit", "9,999 cycles", "no"), False),
        (None, NO_FIT, ("does not fit", "", ""), True),
    ],
)
def test_a_budget_in_cycles_holds_on_the_real_engine(
    allocation: AllocationResult,
    network: NetworkResult,
    cycles: int | None,
    fit: EngineFit,
    shown: tuple[str, ...],
    met: bool,
):
    asked = Configuration(cycles=cycles)
    assert rows(asked, allocation, network, fit)["cycles on edge"] == shown
    assert budgets_met(asked, START, allocation, network, fit) is met


def test_what_the_search_missed_is_missed(allocation: AllocationResult, network: NetworkResult):
    missed = allocation.model_copy(update={"met": False})
    assert budgets_met(Configuration(), START, allocation, network, FIT)
    assert not budgets_met(Configuration(), START, missed, network, FIT)


def test_the_size_counts_where_it_has_a_budget(
    allocation: AllocationResult, network: NetworkResult
):
    large = network.model_copy(update={"size_ratio": 0.5})
    assert not budgets_met(Configuration(), START, allocation, large, FIT)
    assert budgets_met(Configuration(cycles=9999), START, allocation, large, FIT)
