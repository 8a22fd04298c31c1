"""Bits per layer for one seed, and the integer network they give."""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sigmaquant import provenance
from sigmaquant.config import Configuration
from sigmaquant.results import AllocationResult, ExportedNetwork, ZoneArea
from sigmaquant.step import Context, Step

if TYPE_CHECKING:
    from quant.allocator import Allocation, AllocatorSettings
    from quant.data import Splits
    from quant.model import QuantizedModel

SOURCES = ("quant", "sigmaquant.steps.allocate")
DISTRIBUTIONS = ("torch", "numpy", "scikit-learn", "safetensors")
CLASSES = "classes.npy"
NETWORK = ("network.json", "network.safetensors")


def step(configuration: Configuration, seed: int) -> Step[AllocationResult]:
    """Allocation and export; the folder holds the integer network and the classes it replaces."""
    return Step(
        name=f"allocate-seed{seed}",
        title=f"Allocate bits, seed {seed}",
        result=AllocationResult,
        compute=partial(_compute, configuration, seed),
        inputs={
            "network": configuration.network,
            "size_ratio": configuration.size_ratio,
            "accuracy_drop": configuration.accuracy_drop,
            "seed": seed,
        },
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
        artifacts=(*NETWORK, CLASSES),
    )


def settings(configuration: Configuration) -> "AllocatorSettings":
    """The room's settings for the configuration's budgets."""
    from quant.allocator import AllocatorSettings

    return AllocatorSettings(
        size=configuration.size_ratio, accuracy_drop=configuration.accuracy_drop
    )


def _compute(configuration: Configuration, seed: int, context: Context) -> AllocationResult:
    # Torch takes seconds to import: only where the step really runs.
    from quant.allocator import allocate, load_allocated
    from quant.data import digits
    from quant.networks.digits import load_pretrained

    network, data = load_pretrained(), digits.load()
    evaluations = context.folder / "evaluations"
    allocation = allocate(
        network,
        data,
        settings(configuration),
        folder=evaluations,
        seed=seed,
        progress=context.progress,
    )
    model = load_allocated(network, data, allocation, folder=evaluations)
    exported = _export(configuration.network, allocation, model, data, context.folder)
    record = allocation.to_json() | {"zones": zones(allocation), "network": exported}
    return AllocationResult.model_validate(record)


def _export(
    name: str, allocation: "Allocation", model: "QuantizedModel", data: "Splits", folder: Path
) -> ExportedNetwork:
    """Writes the integer network, and the classes that the fake-quantized one gives the test."""
    from quant.evaluate import logits
    from quant.export import to_integer_network
    from quant.integer_network import save

    classes = logits(model, data.test.images).argmax(dim=1).numpy()
    np.save(folder / CLASSES, classes, allow_pickle=False)
    metadata = {"seed": allocation.seed, "data": data.name}
    network = to_integer_network(model, name, metadata)
    save(network, folder)
    files = [folder / name for name in NETWORK]
    return ExportedNetwork(
        seed=allocation.seed,
        mean_bits=network.mean_bits,
        size_ratio=network.size_ratio,
        file_bytes=sum(path.stat().st_size for path in files),
        sha256=provenance.file_sha256(files[0]),
    )


def zones(allocation: "Allocation") -> list[ZoneArea]:
    """The plane cut where a decision can change, each piece asked for its zone."""
    from quant.allocator.zones import classify

    asked, start = allocation.settings, allocation.float_accuracy.validation
    sizes = (0.0, asked.size, asked.size + asked.size_buffer, 4.0)
    drops = (
        start - 1.0,
        asked.accuracy_drop,
        asked.accuracy_drop + asked.accuracy_buffer,
        start,
    )
    return [
        ZoneArea(
            zone=classify((best + worst) / 2, (small + large) / 2, asked).value,
            size_ratio=(small, large),
            accuracy=(start - worst, start - best),
        )
        for small, large in pairwise(sizes)
        for best, worst in pairwise(drops)
    ]
