"""Bits per layer for one seed, and the integer network they give."""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sigmaquant import costs, data_source, provenance, sources, store
from sigmaquant.config import Configuration
from sigmaquant.results import AllocationResult, ExportedNetwork, ZoneArea
from sigmaquant.step import Context, Step

if TYPE_CHECKING:
    from quant.allocator import Allocation
    from quant.data import Splits
    from quant.model import QuantizedModel

CLASSES = "classes.npy"
NETWORK = ("network.json", "network.safetensors")


def step(configuration: Configuration, seed: int) -> Step[AllocationResult]:
    """Allocation and export; the folder holds the integer network and the classes it replaces."""
    engine = configuration.cycles is not None
    return Step(
        name=f"allocate-seed{seed}",
        title=f"Allocate bits, seed {seed}",
        result=AllocationResult,
        compute=partial(_compute, configuration, seed),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "budgets": costs.describe(configuration),
            "accuracy_drop": configuration.accuracy_drop,
            "widths": configuration.widths,
            "pins": configuration.pins,
            "tied": configuration.tied,
            "seed": seed,
        },
        sources=(
            *sources.SOURCES,
            *costs.SOURCES,
            *(costs.ENGINE_SOURCES if engine else ()),
            "sigmaquant.steps.allocate",
        ),
        distributions=(
            *sources.DISTRIBUTIONS,
            *(costs.ENGINE_DISTRIBUTIONS if engine else ()),
        ),
        artifacts=(*NETWORK, CLASSES),
    )


def _compute(configuration: Configuration, seed: int, context: Context) -> AllocationResult:
    # Torch takes seconds to import: only where the step really runs.
    import torch

    from quant.allocator import allocate, load_allocated
    from quant.model import prepare

    network, data = sources.load_network(configuration), data_source.load(configuration)
    prepared = prepare(network, torch.from_numpy(data.train.images[:1]))
    evaluations = store.evaluations(configuration.build)
    allocation = allocate(
        network,
        data,
        sources.settings(configuration, data, costs.ties(configuration, prepared)),
        folder=evaluations,
        seed=seed,
        budgets=costs.budgets(configuration, prepared, data),
        progress=context.progress,
    )
    model = load_allocated(network, data, allocation, folder=evaluations)
    exported = _export(sources.name_of(configuration), allocation, model, data, context.folder)
    record = allocation.to_json() | {"zones": zones(allocation), "network": exported}
    return AllocationResult.model_validate(record)


def _export(
    name: str, allocation: "Allocation", model: "QuantizedModel", data: "Splits", folder: Path
) -> ExportedNetwork:
    """Writes the integer network, and the classes that the fake-quantized one gives the test.

    Sizes are those of the layers with weights: not of the ones in shortcuts without weights.
    """
    from quant.evaluate import logits
    from quant.export import to_integer_network
    from quant.integer_network import MAX_BITS, save

    classes = logits(model, data.test.images).argmax(dim=1).numpy()
    np.save(folder / CLASSES, classes, allow_pickle=False)
    metadata = {"seed": allocation.seed, "data": data.name}
    network = to_integer_network(model, name, metadata)
    save(network, folder)
    files = [folder / name for name in NETWORK]
    layers = [layer for layer in network.mac_layers if layer.name in allocation.bits]
    bits = sum(layer.weight.size * layer.bits for layer in layers)
    mean_bits = bits / sum(layer.weight.size for layer in layers)
    return ExportedNetwork(
        seed=allocation.seed,
        mean_bits=mean_bits,
        size_ratio=mean_bits / MAX_BITS,
        weight_bytes=-(-bits // 8),
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
