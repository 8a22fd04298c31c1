"""The float network as it ships, measured on the data it will be judged by."""

from functools import partial

from sigmaquant import provenance
from sigmaquant.config import Configuration
from sigmaquant.results import Accuracy, FloatResult
from sigmaquant.step import Context, Step

SOURCES = ("quant", "sigmaquant.steps.pretrained")
DISTRIBUTIONS = ("torch", "numpy", "scikit-learn", "safetensors")


def step(configuration: Configuration) -> Step[FloatResult]:
    """Accuracy of the shipped checkpoint."""
    return Step(
        name="pretrained",
        title="Float network",
        result=FloatResult,
        compute=partial(_compute, configuration.network),
        inputs={"network": configuration.network},
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _compute(network: str, context: Context) -> FloatResult:
    # Torch takes seconds to import: only where the step really runs.
    from quant.data import digits
    from quant.determinism import deterministic
    from quant.evaluate import accuracy
    from quant.networks.digits import CHECKPOINT, load_pretrained

    context.progress("load", 0, 1)
    data, model = digits.load(), load_pretrained()
    with deterministic():
        scores = Accuracy(
            validation=accuracy(model, data.validation), test=accuracy(model, data.test)
        )
    context.progress("measured", 1, 1)
    return FloatResult(
        network=network,
        accuracy=scores,
        checkpoint_sha256=provenance.file_sha256(CHECKPOINT),
        images={
            "train": len(data.train),
            "validation": len(data.validation),
            "test": len(data.test),
        },
    )
