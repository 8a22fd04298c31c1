"""Rivals in the same harness: other bits, trained exactly as a measured allocation is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from quant.allocator import modelopt, rivals
from quant.allocator.costs import Budget
from quant.allocator.evaluator import Evaluation, Evaluator
from quant.allocator.result import Accuracy
from quant.allocator.search import Search
from quant.allocator.settings import AllocatorSettings
from quant.data import Splits
from quant.determinism import deterministic
from quant.errors import SettingsError
from quant.progress import Progress

MODELOPT = "modelopt"
METHODS = (*rivals.METHODS, MODELOPT)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Bits that were given, trained for `qat_epochs`.

    cpu_seconds are those of the training; choosing the bits is not part of them.
    """

    bits: dict[str, int]
    seed: int
    accuracy: Accuracy
    divergence: float
    size_ratio: float
    qat_epochs: float
    cpu_seconds: float
    evaluation: str


def uniform(
    network: nn.Module,
    data: Splits,
    bits: int,
    settings: AllocatorSettings,
    *,
    folder: Path,
    seed: int,
    progress: Progress | None = None,
) -> Trained:
    """Train all layers at `bits`: the search's steps, those of its proof, the final fine-tuning.

    Kept is what diverges least, as `allocate` does. Evaluations are stored in `folder` as those of
    `allocate` are.
    """
    with deterministic(settings.qat.threads):
        evaluator = Evaluator.of(
            network, data, settings, folder=folder, seed=seed, progress=progress
        )
        same = dict.fromkeys(evaluator.counts, bits)
        return _trained(evaluator, same, settings, f"uniform {bits} bits")


def rival(
    network: nn.Module,
    data: Splits,
    method: str,
    settings: AllocatorSettings,
    *,
    folder: Path,
    seed: int,
    budgets: Sequence[Budget] = (),
    progress: Progress | None = None,
) -> Trained:
    """Train the bits that `method`, one of METHODS, chooses within the budgets on costs.

    It measures on the same images as the search does and is trained as `uniform` is. SettingsError
    for an unknown method, QuantError where the optional package of "modelopt" is missing.
    """
    if method not in METHODS:
        raise SettingsError(f"no rival '{method}'; choose from {list(METHODS)}")
    with deterministic(settings.qat.threads):
        evaluator = Evaluator.of(
            network, data, settings, folder=folder, seed=seed, progress=progress
        )
        search = Search(evaluator, settings, budgets)
        return _trained(evaluator, _chosen(search, method), settings, method)


def _chosen(search: Search, method: str) -> dict[str, int]:
    evaluator, settings, space = search.evaluator, search.settings, search.space
    if method == "random":
        return rivals.random(space, search.budgets, seed=evaluator.seed)
    if method == MODELOPT:
        if len(search.budgets) != 1 or settings.size == 1:
            raise SettingsError("modelopt takes a budget on weight size and no other")
        (size,) = search.budgets
        asked = {
            "modelopt": modelopt.version(),
            "limit": size.limit,
            "widths": list(space.widths),
            "pins": dict(space.pins),
            "images": settings.sensitivity_images,
        }
        return evaluator.measured(
            asked,
            lambda: modelopt.auto_quantize(
                evaluator.teacher,
                evaluator.context(search.widths, settings.sensitivity_images),
                space,
                size,
            ),
        )
    metric, choose = rivals.SCORED[method]
    scores = evaluator.sensitivity(metric, widths=search.widths, images=settings.sensitivity_images)
    return choose(scores, space, search.budgets)


def _trained(
    evaluator: Evaluator, bits: dict[str, int], settings: AllocatorSettings, label: str
) -> Trained:
    evaluations: list[Evaluation] = []
    for epochs in training(evaluator, settings):
        parent = evaluations[-1] if evaluations else None
        evaluations.append(evaluator.evaluate(bits, parent=parent, epochs=epochs, label=label))
    kept = min(reversed(evaluations), key=lambda evaluation: evaluation.divergence)
    return Trained(
        bits=kept.bits,
        seed=evaluator.seed,
        accuracy=Accuracy(
            validation=kept.accuracy, test=evaluator.accuracy(kept, evaluator.data.test)
        ),
        divergence=kept.divergence,
        size_ratio=kept.size_ratio,
        qat_epochs=sum(each.epochs for each in evaluations),
        cpu_seconds=round(sum(each.seconds for each in evaluations), 1),
        evaluation=kept.key,
    )


def training(evaluator: Evaluator, settings: AllocatorSettings) -> list[float]:
    """Return the epochs of the trainings, one from the other, that a measured allocation has."""
    later = [evaluator.epochs(settings.steps_of_proof), settings.final_epochs]
    return [evaluator.epochs(settings.search_steps), *(epochs for epochs in later if epochs)]
