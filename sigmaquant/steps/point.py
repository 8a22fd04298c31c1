"""One point: a method's bits within the budgets, trained with one seed.

All training is stored in the build folder's evaluations under what defines it: what another step,
another command or a killed run has trained already is found there.
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sigmaquant import costs, data_source, methods, sources, store
from sigmaquant.config import Configuration
from sigmaquant.point_results import PointResult
from sigmaquant.step import Context, Step
from sigmaquant.steps.point_record import of_allocation, of_trained

if TYPE_CHECKING:
    from quant.allocator import AllocatorSettings, Budget
    from quant.data import Splits


def step(
    configuration: Configuration,
    method: str,
    seed: int,
    *,
    place: str,
    search_rounds: int | None = None,
) -> Step[PointResult]:
    """The point of `method` (see `sigmaquant.methods`) within the budgets of `configuration`.

    place: what tells this point from the others of the run that have its method and seed.
    search_rounds: exchanges that SigmaQuant tries at most; None is the allocator's own number.
    """
    engine = configuration.cycles is not None
    return Step(
        name=f"point-{place}-{method.replace(':', '')}-seed{seed}",
        title=f"{methods.label(method)}, {place}, seed {seed}",
        result=PointResult,
        compute=partial(_compute, configuration, method, seed, search_rounds),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "budgets": costs.describe(configuration),
            "accuracy_drop": configuration.accuracy_drop,
            "widths": configuration.widths,
            "pins": configuration.pins,
            "tied": configuration.tied,
            "method": method,
            "seed": seed,
            "search_rounds": search_rounds,
        },
        sources=(
            *sources.SOURCES,
            *costs.SOURCES,
            *(costs.ENGINE_SOURCES if engine else ()),
            "sigmaquant.methods",
            "sigmaquant.steps.point",
            "sigmaquant.steps.point_record",
        ),
        distributions=(
            *sources.DISTRIBUTIONS,
            *(costs.ENGINE_DISTRIBUTIONS if engine else ()),
            *(methods.MODELOPT_DISTRIBUTIONS if method == methods.MODELOPT else ()),
        ),
    )


def settings(
    configuration: Configuration,
    data: "Splits",
    method: str,
    search_rounds: int | None,
    tied: tuple[tuple[str, ...], ...] = (),
) -> "AllocatorSettings":
    """The allocator's settings for `method`: the configuration's with the method's own schedule."""
    own: dict[str, Any] = {"mode": "measured"}
    if search_rounds is not None:
        own["search_rounds"] = search_rounds
    if method == methods.PUBLISHED:
        own = {"mode": "published", **methods.PUBLISHED_SCHEDULE}
    return replace(sources.settings(configuration, data, tied), **own)


def _compute(
    configuration: Configuration,
    method: str,
    seed: int,
    search_rounds: int | None,
    context: Context,
) -> PointResult:
    # Torch takes seconds to import: only where the step really runs.
    import torch

    from quant.allocator import allocate, rival, uniform
    from quant.model import prepare

    network, data = sources.load_network(configuration), data_source.load(configuration)
    prepared = prepare(network, torch.from_numpy(data.train.images[:1]))
    tied = costs.ties(configuration, prepared)
    asked = settings(configuration, data, method, search_rounds, tied)
    limits = costs.budgets(configuration, prepared, data)
    shared = {
        "folder": store.evaluations(configuration.build),
        "seed": seed,
        "progress": context.progress,
    }
    bits = methods.width(method)
    if bits is not None:
        found = of_trained(uniform(network, data, bits, asked, **shared))
    elif method in methods.RIVALS:
        found = of_trained(rival(network, data, method, asked, budgets=limits, **shared))
    else:
        found = of_allocation(allocate(network, data, asked, budgets=limits, **shared))
    figures = {"method": method, "seed": seed, "size_budget": configuration.size_budget}
    return PointResult.model_validate(found | figures | {"costs": _costs(limits, found["bits"])})


def _costs(budgets: "list[Budget]", bits: dict[str, int]) -> list[dict[str, object]]:
    return [
        {
            "name": budget.cost.name,
            "unit": budget.cost.unit,
            "value": budget.cost.of(bits),
            "limit": budget.limit,
        }
        for budget in budgets
    ]
