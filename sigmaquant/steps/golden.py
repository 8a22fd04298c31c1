"""The exported network in pure integers on the whole test split."""

from functools import partial

import numpy as np

from sigmaquant.results import AllocationResult, NetworkResult
from sigmaquant.step import Context, Step
from sigmaquant.steps.allocate import CLASSES

SOURCES = (
    "sim.golden",
    "quant.integer_network",
    "quant.data",
    "quant.input_codes",
    "sigmaquant.steps.golden",
)
DISTRIBUTIONS = ("numpy", "scikit-learn", "safetensors")


def step(allocated: Step[AllocationResult], seed: int) -> Step[NetworkResult]:
    """Accuracy of the integer network, and how often it agrees with the fake-quantized one."""
    return Step(
        name=f"golden-seed{seed}",
        title=f"Integer accuracy, seed {seed}",
        result=NetworkResult,
        compute=partial(_compute, allocated),
        needs=(allocated,),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _compute(allocated: Step[AllocationResult], context: Context) -> NetworkResult:
    from quant.data import digits
    from quant.input_codes import input_codes
    from quant.integer_network import load
    from sim.golden import classify

    folder = context.folder_of(allocated)
    test = digits.load().test
    network = load(folder)
    classes = classify(network, input_codes(network, test.images))
    expected = np.load(folder / CLASSES, allow_pickle=False)
    return NetworkResult(
        **context.result(allocated).network.model_dump(),
        test_images=len(test),
        golden_accuracy=float(np.mean(classes == test.labels)),
        agreement=float(np.mean(classes == expected)),
    )
