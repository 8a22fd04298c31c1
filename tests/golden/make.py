"""Writes the stored results of this folder: `python -m tests.golden.make`.

The digits network is allocated with the default budgets and SEED; its integer form, the golden
model's codes and the cycle model's counts are stored. Run it again only when one of them is meant
to change, and say so in the commit.
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from compiler.plan import plan_layer
from hw.config import preset
from quant.allocator import AllocatorSettings, allocate, load_allocated
from quant.data import digits
from quant.export import to_integer_network
from quant.input_codes import input_codes
from quant.integer_network import IntegerNetwork, load, save
from quant.networks.digits import load_pretrained
from sim import golden
from sim.cycle_model import layer_cycles

FOLDER = Path(__file__).parent / "digits"
CODES = FOLDER / "codes.npz"
COMMAND = "python -m tests.golden.make"
SEED = 1
IMAGES = 2
PRESETS = ("tiny", "edge", "edge_int8", "edge_int8_booth")


def allocated_network() -> IntegerNetwork:
    """The digits network after allocation, as it is stored."""
    network, data = load_pretrained(), digits.load()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        allocation = allocate(network, data, AllocatorSettings(), folder=folder, seed=SEED)
        model = load_allocated(network, data, allocation, folder=folder)
    metadata = {
        "command": COMMAND,
        "seed": SEED,
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
    }
    return to_integer_network(model, "digits", metadata)


def results(network: IntegerNetwork) -> dict[str, np.ndarray]:
    """What is stored: every tensor's codes of the first test images, all classes, all cycles."""
    images = input_codes(network, digits.load().test.images)
    stored = {
        f"tensor:{name}": codes for name, codes in golden.run(network, images[:IMAGES]).items()
    }
    stored["classes"] = golden.classify(network, images).astype(np.uint8)
    for name in PRESETS:
        plans = [plan_layer(network, layer, preset(name)) for layer in network.mac_layers]
        stored[f"cycles:{name}"] = np.array([layer_cycles(plan) for plan in plans])
    return stored


def main() -> None:
    """Allocate, then store the network and its results."""
    save(allocated_network(), FOLDER)
    arrays: dict[str, Any] = dict(results(load(FOLDER)))
    np.savez_compressed(CODES, **arrays)


if __name__ == "__main__":
    main()
