"""What a testbench needs to run one layer: words, stalls, expectations; one folder per run.

The simulator's process reads these files alone; of the network it needs nothing but these.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compiler.plan import LayerPlan
from compiler.streams import LayerStreams
from hw.config import ArrayConfig
from hw.dot_product.interface import ACTIVATION_BITS
from sim.cycle_model import Stalls

MANIFEST = "stimulus.json"
WORDS = "words.npz"


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One run of one layer.

    codes: expected output, uint8[channel, position], from the golden model.
    cycles: expected count, from the cycle model under the same stalls.
    """

    streams: LayerStreams
    codes: NDArray[np.uint8]
    stalls: Stalls
    cycles: int


def write(stimulus: Stimulus, folder: Path) -> None:
    """Store a stimulus in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    streams = stimulus.streams
    manifest = {
        "plan": asdict(streams.plan),
        "layer": {key: getattr(streams, key) for key in ("zero_point", "minimum", "maximum")},
        "stalls": asdict(stimulus.stalls),
        "cycles": stimulus.cycles,
    }
    np.savez(
        folder / WORDS,
        activations=streams.activations,
        weights=streams.weights,
        parameters=streams.parameters,
        codes=stimulus.codes,
    )
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def read(folder: Path) -> Stimulus:
    """Load what `write` stored."""
    manifest = json.loads((folder / MANIFEST).read_text())
    config = ArrayConfig(**manifest["plan"].pop("config"))
    arrays = np.load(folder / WORDS)
    streams = LayerStreams(
        plan=LayerPlan(config=config, **manifest["plan"]),
        activations=arrays["activations"],
        weights=arrays["weights"],
        parameters=arrays["parameters"],
        **manifest["layer"],
    )
    return Stimulus(
        streams=streams,
        codes=arrays["codes"],
        stalls=Stalls(**manifest["stalls"]),
        cycles=manifest["cycles"],
    )


def words(array: NDArray[np.uint8]) -> list[int]:
    """Rows of bytes, least significant byte first, as integers."""
    flat = array.reshape(-1, array.shape[-1])
    return [int.from_bytes(row.tobytes(), "little") for row in flat]


def stream_words(streams: LayerStreams) -> tuple[list[int], list[int], list[int]]:
    """Activation, weight and parameter words in the order in which the matrix unit takes them.

    An activation word is `hw.array.activations_shape`: the last group of a tile is flagged.
    """
    config = streams.plan.config
    last_flag = 1 << config.rows * config.lanes * ACTIVATION_BITS
    activations, weights, parameters = [], [], []
    for position_tile, channel_tile in streams.plan.tiles():
        activations += words(streams.activations[position_tile])
        activations[-1] |= last_flag
        weights += words(streams.weights[channel_tile])
        parameters += words(streams.parameters[channel_tile])
    return activations, weights, parameters
