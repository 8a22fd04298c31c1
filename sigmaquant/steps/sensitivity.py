"""Which statistic ranks the layers: every metric against the measured loss of each layer alone."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sigmaquant import data_source, sources, store
from sigmaquant.config import Configuration
from sigmaquant.point_results import MetricRank, SensitivityResult
from sigmaquant.step import Context, Step

if TYPE_CHECKING:
    from quant.allocator.evaluator import Evaluator

RAW, FOLDED = "raw_sigma", "folded_sigma"
_SEED = 0  # nothing here is trained or drawn
_WIDE = 8


def step(configuration: Configuration, bits: int) -> Step[SensitivityResult]:
    """Ranks at `bits`; measurements that the searches of the build folder made are taken over.

    Losses are measured on the test split: they are reported, and nothing is chosen by them.
    """
    return Step(
        name=f"sensitivity-{bits}bit",
        title=f"Sensitivity of single layers at {bits} bits",
        result=SensitivityResult,
        compute=partial(_compute, configuration, bits),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "widths": configuration.widths,
            "bits": bits,
        },
        sources=(*sources.SOURCES, __name__),
        distributions=sources.DISTRIBUTIONS,
    )


def _compute(configuration: Configuration, bits: int, context: Context) -> SensitivityResult:
    # Torch takes seconds to import: only where the step really runs.
    from quant.allocator.evaluator import Evaluator
    from quant.determinism import deterministic
    from quant.sensitivity import METRICS, folded_sigma, raw_sigma

    data = data_source.load(configuration)
    asked = sources.settings(configuration, data)
    images = asked.sensitivity_images
    with deterministic(asked.qat.threads):
        evaluator = Evaluator(
            sources.load_network(configuration),
            data,
            asked.qat,
            folder=store.evaluations(configuration.build),
            seed=_SEED,
            progress=context.progress,
        )
        losses = _losses(evaluator, bits, context)
        scores = {
            metric: {
                layer: row[bits]
                for layer, row in evaluator.sensitivity(
                    metric, widths=asked.widths, images=images
                ).items()
            }
            for metric in METRICS
        }
        seen = evaluator.context(asked.widths, images)
        scores |= {RAW: raw_sigma(seen), FOLDED: folded_sigma(seen)}
    return SensitivityResult(
        bits=bits,
        images=images,
        losses=losses,
        metrics=[rank(metric, found, losses) for metric, found in scores.items()],
    )


def rank(metric: str, scores: Mapping[str, float], losses: Mapping[str, float]) -> MetricRank:
    """Spearman's rank correlation of `scores` with `losses`; equal scores rank nothing."""
    from scipy.stats import spearmanr

    correlation, p_value = 0.0, 1.0
    if len(set(scores.values())) > 1 and len(set(losses.values())) > 1:
        found = spearmanr([scores[layer] for layer in losses], list(losses.values()))
        correlation, p_value = map(float, found)
    return MetricRank(metric=metric, correlation=correlation, p_value=p_value, scores=dict(scores))


def _losses(evaluator: "Evaluator", bits: int, context: Context) -> dict[str, float]:
    """Accuracy lost by each layer alone, each measurement stored by itself."""
    layers = list(evaluator.counts)
    wide = _accuracy(evaluator, {})
    losses = {}
    for number, layer in enumerate(layers, start=1):
        losses[layer] = wide - _accuracy(evaluator, {layer: bits})
        context.progress("single layers", number, len(layers))
    return losses


def _accuracy(evaluator: "Evaluator", bits: Mapping[str, int]) -> float:
    """Test accuracy of the float weights, calibrated, at 8 bits but for the layers in `bits`."""
    from quant.evaluate import accuracy
    from quant.qat import calibrate_on

    def measure() -> float:
        model = evaluator.load(None)
        model.set_bits(bits)
        calibrate_on(model, evaluator.data, evaluator.qat)
        return accuracy(model, evaluator.data.test)

    return evaluator.measured({"calibrated_test_accuracy": dict(bits), "others": _WIDE}, measure)
