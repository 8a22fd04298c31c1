"""The front of the room: allocate bits within budgets."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from quant.allocator.costs import Budget
from quant.allocator.evaluator import Evaluation, Evaluator
from quant.allocator.measured import measured_search
from quant.allocator.phase1 import cluster_phase
from quant.allocator.phase2 import refine_phase
from quant.allocator.refined import Refined
from quant.allocator.result import (
    FINAL,
    Accuracy,
    AllocatedLayer,
    Allocation,
    CostFigure,
    Final,
    FrontierPoint,
    SearchCost,
)
from quant.allocator.search import Search
from quant.allocator.settings import AllocatorSettings
from quant.allocator.store import EvaluationStore
from quant.data import Splits
from quant.determinism import deterministic
from quant.errors import SettingsError
from quant.integer_network import MAX_BITS
from quant.model import QuantizedModel, prepare
from quant.progress import Progress
from quant.sensitivity.statistics import sensitivity, sigma, weight_kl


def allocate(
    network: nn.Module,
    data: Splits,
    settings: AllocatorSettings,
    *,
    folder: Path,
    seed: int,
    budgets: Sequence[Budget] = (),
    progress: Progress | None = None,
) -> Allocation:
    """Find bits for every layer of the float `network` within the budgets.

    Those on accuracy and weight size are in `settings`, those on other costs in `budgets`; all have
    to hold together. Every evaluation is stored in `folder`: a run that was killed continues there
    and ends as it would have, and other budgets reuse what they share. Budgets that are not reached
    give an Allocation with `met=False` and the reason; a cost that no allocation meets is a
    SettingsError. The test part is read once, for the report. `progress` (label, done, total) hears
    of the work; it may raise to stop the run.
    """
    with deterministic(settings.qat.threads):
        evaluator = Evaluator.of(
            network, data, settings, folder=folder, seed=seed, progress=progress
        )
        search = Search(evaluator, settings, budgets)
        kept, ending = _search(search)
        return _allocation(search, kept, ending)


def load_allocated(
    network: nn.Module, data: Splits, allocation: Allocation, *, folder: Path
) -> QuantizedModel:
    """Return the quantized network of `allocation` with its trained weights, ready to export.

    `network` is the float network and `folder` the one given to `allocate`; SettingsError where the
    weights are no longer there.
    """
    model = prepare(network, torch.from_numpy(data.train.images[:1]))
    try:
        state = EvaluationStore(folder).state(allocation.final.evaluation)
    except KeyError as error:
        raise SettingsError(
            f"{folder}: the weights of evaluation {error} are missing or damaged; allocate again"
        ) from error
    model.restore(state, allocation.bits)
    return model


def _search(search: Search) -> tuple[Evaluation, str]:
    measured = search.settings.mode == "measured"
    refined = measured_search(search) if measured else published_search(search)
    best = refined.evaluation
    if not search.size_met(best) or not search.settings.final_epochs:
        return best, refined.ending
    tuned = search.evaluate(
        best.bits,
        parent=best,
        epochs=search.settings.final_epochs,
        phase=FINAL,
        number=1,
        action="fine-tune",
    )
    return kept(search, tuned, best), refined.ending


def kept(search: Search, tuned: Evaluation, before: Evaluation) -> Evaluation:
    """Return the one that diverges less from the float network, of those within all budgets if any.

    Accuracy would not do: a float network that has seen the validation images loses some of its
    accuracy there by any further training, while the outputs come closer to its own.
    """
    within = [each for each in (tuned, before) if search.met(each)]
    return min(within or (tuned, before), key=lambda evaluation: evaluation.divergence)


def published_search(search: Search) -> Refined:
    """Return what the paper's two phases find."""
    clustered = cluster_phase(search)
    if clustered.abandoned:
        rounds = search.settings.cluster_rounds
        best = min(search.evaluations, key=search.violation)
        return Refined(
            evaluation=best, ending=f"phase 1 gave up: far from both budgets in {rounds} rounds"
        )
    return refine_phase(search, clustered.evaluation)


def _allocation(search: Search, kept: Evaluation, ending: str) -> Allocation:
    evaluator, settings, data = search.evaluator, search.settings, search.evaluator.data
    return Allocation(
        seed=evaluator.seed,
        settings=settings,
        float_accuracy=Accuracy(
            validation=search.float_accuracy, test=evaluator.float_accuracy(data.test)
        ),
        met=search.met(kept),
        reason=_reason(search, kept, ending),
        trajectory=tuple(search.rounds),
        layers=_layers(evaluator, kept.bits),
        costs=tuple(
            CostFigure(
                name=budget.cost.name,
                unit=budget.cost.unit,
                value=budget.cost.of(kept.bits),
                limit=budget.limit,
            )
            for budget in search.budgets
        ),
        frontier=_frontier(search),
        search=_search_cost(search),
        final=Final(
            validation_accuracy=kept.accuracy,
            test_accuracy=evaluator.accuracy(kept, data.test),
            size_ratio=kept.size_ratio,
            mean_bits=MAX_BITS * kept.size_ratio,
            evaluation=kept.key,
        ),
    )


def _reason(search: Search, kept: Evaluation, ending: str) -> str:
    settings = search.settings
    figures = (
        f"{_costs(search, kept)}, accuracy drop {search.drop(kept):.2%} "
        f"(budget {settings.accuracy_drop:.2%})"
    )
    if search.met(kept):
        return f"met: {figures}"
    return f"not met: {figures}; {ending}; {search.reached()}"


def _costs(search: Search, kept: Evaluation) -> str:
    settings, others = search.settings, search.budgets[search.settings.size < 1 :]
    size = f"size {kept.size_ratio:.1%} of INT8"
    if settings.size < 1:
        size += f" (budget {settings.size:.1%})"
    rest = [
        f"{budget.cost.name} {budget.cost.figure(budget.cost.of(kept.bits))} "
        f"(budget {budget.cost.figure(budget.limit)})"
        for budget in others
    ]
    return ", ".join([size, *rest])


def _frontier(search: Search) -> tuple[FrontierPoint, ...]:
    """Return the evaluations that none other beats, by rising size."""
    points: list[FrontierPoint] = []
    for each in sorted(search.evaluations, key=lambda e: (e.size_ratio, search.drop(e))):
        if not points or search.drop(each) < points[-1].drop:
            points.append(
                FrontierPoint(
                    size_ratio=each.size_ratio,
                    mean_bits=MAX_BITS * each.size_ratio,
                    drop=search.drop(each),
                    bits=each.bits,
                )
            )
    return tuple(points)


def _search_cost(search: Search) -> SearchCost:
    rounds = [step for step in search.rounds if step.phase != FINAL]
    seconds = sum(step.seconds for step in rounds) + search.evaluator.measuring_seconds
    return SearchCost(
        qat_epochs=sum(step.qat_epochs for step in rounds), cpu_seconds=round(seconds, 1)
    )


def _layers(evaluator: Evaluator, bits: dict[str, int]) -> tuple[AllocatedLayer, ...]:
    macs = evaluator.model.mac_counts
    return tuple(
        AllocatedLayer(
            name=name,
            weights=weight.numel(),
            macs=macs[name],
            sigma=sigma(weight),
            weight_kl=weight_kl(weight, bits[name]),
            sensitivity=sensitivity(weight, bits[name]),
            bits=bits[name],
        )
        for name, weight in evaluator.float_weights.items()
    )
