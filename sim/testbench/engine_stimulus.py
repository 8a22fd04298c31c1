"""What the engine's testbench needs: what to load, programs to run, expectations; one folder.

The simulator's process reads these files alone; of network and compiler it needs nothing but these.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.memory import Placement

MANIFEST = "stimulus.json"
ARRAYS = "arrays.npz"


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """One program on the engine.

    program: its 32-bit words, checksum included. result: the tensor that it sends.
    codes: expected, uint8 of that tensor's shape. counters: expected, by register.
    """

    name: str
    program: tuple[int, ...]
    result: Placement
    codes: NDArray[np.uint8]
    counters: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class EngineStimulus:
    """All runs of one network, in order; the memories keep their content between them.

    weights, parameters, image: words of the load stream, uint32. image is loaded before the first
    run and again before the last one. input: where it goes. configuration: the engine's identity.
    stalls: the host lets every handshake wait at random.
    """

    configuration: int
    weights: NDArray[np.uint32]
    parameters: NDArray[np.uint32]
    image: NDArray[np.uint32]
    input: Placement
    runs: tuple[EngineRun, ...]
    stalls: bool


def write(stimulus: EngineStimulus, folder: Path) -> None:
    """Store a stimulus in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "configuration": stimulus.configuration,
        "stalls": stimulus.stalls,
        "input": asdict(stimulus.input),
        "runs": [
            {
                "name": run.name,
                "program": run.program,
                "result": asdict(run.result),
                "counters": run.counters,
            }
            for run in stimulus.runs
        ],
    }
    codes: dict[str, Any] = {f"codes{index}": run.codes for index, run in enumerate(stimulus.runs)}
    np.savez(
        folder / ARRAYS,
        weights=stimulus.weights,
        parameters=stimulus.parameters,
        image=stimulus.image,
        **codes,
    )
    (folder / MANIFEST).write_text(json.dumps(manifest))


def read(folder: Path) -> EngineStimulus:
    """Load what `write` stored."""
    manifest = json.loads((folder / MANIFEST).read_text())
    arrays = np.load(folder / ARRAYS)
    runs = tuple(
        EngineRun(
            name=run["name"],
            program=tuple(run["program"]),
            result=_placement(run["result"]),
            codes=arrays[f"codes{index}"],
            counters=run["counters"],
        )
        for index, run in enumerate(manifest["runs"])
    )
    return EngineStimulus(
        configuration=manifest["configuration"],
        weights=arrays["weights"],
        parameters=arrays["parameters"],
        image=arrays["image"],
        input=_placement(manifest["input"]),
        runs=runs,
        stalls=manifest["stalls"],
    )


def _placement(fields: dict[str, Any]) -> Placement:
    fields["shape"] = tuple(fields["shape"])
    return Placement(**fields)
