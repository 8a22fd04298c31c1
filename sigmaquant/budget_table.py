"""What every seed's network costs, and whether its budgets hold: one row per budget, with units."""

from collections.abc import Sequence

from sigmaquant.config import Configuration
from sigmaquant.engine_results import EngineFit
from sigmaquant.findings import SLACK, is_met
from sigmaquant.results import AllocationResult, NetworkResult
from sigmaquant.search_results import Cost
from sigmaquant.tables import Table, count, percent

NO_FIT = "does not fit"


def budgets_met(
    asked: Configuration,
    float_accuracy: float,
    allocation: AllocationResult,
    network: NetworkResult,
    fit: EngineFit,
) -> bool:
    """Whether the integer network holds all budgets: see `findings.is_met`.

    A budget in cycles holds where the exported network runs on the real engine within it.
    """
    runs = asked.cycles is None or (fit.cycles is not None and fit.cycles <= asked.cycles)
    return runs and is_met(asked, float_accuracy, allocation, network)


def budget_table(
    asked: Configuration,
    float_accuracy: float,
    allocations: Sequence[AllocationResult],
    networks: Sequence[NetworkResult],
    fits: Sequence[EngineFit],
) -> Table:
    """Accuracy drop, weight bytes, cycles and every other cost that has a budget, of each seed.

    The drop is that of the integer network on the test split; cycles are those of the exported
    network by the engine's exact model.
    """
    rows: list[tuple[str, ...]] = []
    for allocation, network, fit in zip(allocations, networks, fits, strict=True):
        drop = float_accuracy - network.golden_accuracy
        lines = [
            (
                "accuracy drop",
                percent(drop, 2),
                percent(asked.accuracy_drop, 2),
                _yes(drop <= asked.accuracy_drop + SLACK),
            ),
            *_size_without_budget(allocation, network),
            *(_cost(cost) for cost in allocation.costs if cost.unit != "cycles"),
            _cycles(asked, fit),
        ]
        rows += [(f"seed {allocation.seed}: {name}", *rest) for name, *rest in lines]
    return Table(headers=("", "network", "budget", "met"), rows=tuple(rows))


def _size_without_budget(
    allocation: AllocationResult, network: NetworkResult
) -> list[tuple[str, ...]]:
    if any(cost.unit == "bytes" for cost in allocation.costs):
        return []
    return [("weight size", f"{count(network.weight_bytes)} bytes", "", "")]


def _cost(cost: Cost) -> tuple[str, ...]:
    value, limit = (f"{number:,.12g} {cost.unit}" for number in (cost.value, cost.limit))
    return (cost.name, value, limit, _yes(cost.met))


def _cycles(asked: Configuration, fit: EngineFit) -> tuple[str, ...]:
    name = f"cycles on {fit.engine}"
    value = NO_FIT if fit.cycles is None else f"{count(fit.cycles)} cycles"
    if asked.cycles is None:
        return (name, value, "", "")
    met = fit.cycles is not None and fit.cycles <= asked.cycles
    return (name, value, f"{count(asked.cycles)} cycles", _yes(met))


def _yes(met: bool) -> str:
    return "yes" if met else "no"
