"""A point's network exported to integers, against the fake-quantized one it came from."""

from functools import partial

import numpy as np

from sigmaquant import data_source, layer_check, provenance, sources, store
from sigmaquant.config import Configuration
from sigmaquant.errors import StepError
from sigmaquant.point_results import IntegerResult, PointResult
from sigmaquant.step import Context, Step

NETWORK = ("network.json", "network.safetensors")
_ROUNDING = 1e-9  # accuracies are counts over counts


def step(
    configuration: Configuration,
    point: Step[PointResult],
    *,
    images: int,
    code_slack: int,
    accuracy_slack: float,
) -> Step[IntegerResult]:
    """Export of `point`, golden accuracy on the whole test split, codes on the first `images`.

    The folder holds the integer network. StepError where a layer, given the same input, differs by
    more than `code_slack` codes, or the accuracies by more than `accuracy_slack`.
    """
    return Step(
        name=f"integers-{point.name.removeprefix('point-')}",
        title=f"Integers of {point.title}",
        result=IntegerResult,
        compute=partial(_compute, configuration, point, images, code_slack, accuracy_slack),
        inputs={"images": images, "code_slack": code_slack, "accuracy_slack": accuracy_slack},
        needs=(point,),
        sources=(*sources.SOURCES, "sim.golden", "sigmaquant.layer_check", __name__),
        distributions=sources.DISTRIBUTIONS,
        artifacts=NETWORK,
    )


def _compute(
    configuration: Configuration,
    point: Step[PointResult],
    images: int,
    code_slack: int,
    accuracy_slack: float,
    context: Context,
) -> IntegerResult:
    # Torch takes seconds to import: only where the step really runs.
    import torch

    from quant.allocator.store import EvaluationStore
    from quant.determinism import deterministic
    from quant.export import to_integer_network
    from quant.input_codes import input_codes
    from quant.integer_network import save
    from quant.model import prepare
    from sim.golden import classify

    found, data = context.result(point), data_source.load(configuration)
    model = prepare(sources.load_network(configuration), torch.from_numpy(data.train.images[:1]))
    evaluations = EvaluationStore(store.evaluations(configuration.build))
    model.restore(evaluations.state(found.evaluation), found.bits)
    name = f"{sources.name_of(configuration)}-{found.mean_bits:.2f}bit-seed{found.seed}"
    network = to_integer_network(model, name, {"seed": found.seed, "data": data.name})
    save(network, context.folder)
    with deterministic():
        codes = layer_check.largest_differences(model, network, data.test.images[:images])
    worst = max(codes, key=lambda layer: codes[layer])
    if codes[worst] > code_slack:
        raise StepError(
            f"{name}: layer '{worst}' is {codes[worst]} codes from the fake-quantized one on equal "
            f"input, more than {code_slack}: a bug in quant.export or sim.golden"
        )
    classes = classify(network, input_codes(network, data.test.images), progress=context.progress)
    golden = float(np.mean(classes == data.test.labels))
    if abs(golden - found.accuracy.test) > accuracy_slack + _ROUNDING:
        raise StepError(
            f"{name}: accuracy {golden:.2%} in integers, {found.accuracy.test:.2%} fake-quantized: "
            f"further apart than {accuracy_slack:.2%}"
        )
    return IntegerResult(
        golden_accuracy=golden,
        code_difference=codes[worst],
        layers=codes,
        sha256=provenance.file_sha256(context.folder / NETWORK[0]),
    )
