"""The float network as it ships, measured on the data it will be judged by."""

from functools import partial

from sigmaquant import data_source, provenance, sources
from sigmaquant.config import Configuration
from sigmaquant.results import Accuracy, FloatResult
from sigmaquant.step import Context, Step


def step(configuration: Configuration) -> Step[FloatResult]:
    """Accuracy of the trained network as it was given."""
    return Step(
        name="pretrained",
        title="Float network",
        result=FloatResult,
        compute=partial(_compute, configuration),
        inputs=sources.describe(configuration),
        sources=(*sources.SOURCES, "sigmaquant.steps.pretrained"),
        distributions=sources.DISTRIBUTIONS,
    )


def _compute(configuration: Configuration, context: Context) -> FloatResult:
    # Torch takes seconds to import: only where the step really runs.
    from quant.determinism import deterministic
    from quant.evaluate import accuracy

    context.progress("load", 0, 1)
    data, model = data_source.load(configuration), sources.load_network(configuration)
    with deterministic():
        scores = Accuracy(
            validation=accuracy(model, data.validation), test=accuracy(model, data.test)
        )
    context.progress("measured", 1, 1)
    file = sources.weights_file(configuration)
    return FloatResult(
        network=sources.name_of(configuration),
        accuracy=scores,
        checkpoint_sha256=provenance.file_sha256(file) if file else "",
        images={
            "train": len(data.train),
            "validation": len(data.validation),
            "test": len(data.test),
        },
    )
