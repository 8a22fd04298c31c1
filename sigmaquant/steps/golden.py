"""The exported network in pure integers on the whole test split."""

from functools import partial

import numpy as np

from sigmaquant import data_source
from sigmaquant.config import Configuration
from sigmaquant.results import AllocationResult, NetworkResult
from sigmaquant.step import Context, Step
from sigmaquant.steps.allocate import CLASSES

SOURCES = (
    "sim.golden",
    "quant.integer_network",
    "quant.data",
    "quant.input_codes",
    "sigmaquant.data_source",
    "sigmaquant.steps.golden",
)
DISTRIBUTIONS = ("numpy", "scikit-learn", "safetensors")


def step(
    configuration: Configuration, allocated: Step[AllocationResult], seed: int
) -> Step[NetworkResult]:
    """Accuracy of the integer network, and how often it agrees with the fake-quantized one."""
    return Step(
        name=f"golden-seed{seed}",
        title=f"Integer accuracy, seed {seed}",
        result=NetworkResult,
        compute=partial(_compute, configuration, allocated),
        needs=(allocated,),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _compute(
    configuration: Configuration, allocated: Step[AllocationResult], context: Context
) -> NetworkResult:
    from quant.input_codes import input_codes
    from quant.integer_network import load
    from sim.golden import classify

    folder = context.folder_of(allocated)
    test = data_source.load(configuration).test
    network = load(folder)
    classes = classify(network, input_codes(network, test.images), progress=context.progress)
    expected = np.load(folder / CLASSES, allow_pickle=False)
    return NetworkResult(
        **context.result(allocated).network.model_dump(),
        test_images=len(test),
        golden_accuracy=float(np.mean(classes == test.labels)),
        agreement=float(np.mean(classes == expected)),
    )
