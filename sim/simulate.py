"""Co-simulates every MAC layer of an integer network on the matrix unit's generated Verilog."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.plan import plan_layer
from compiler.streams import layer_streams
from hw.config import ArrayConfig
from quant.integer_network import IntegerNetwork, MacLayer
from quant.progress import Progress
from sim import golden
from sim.cycle_model import Stalls, layer_cycles, stalled_cycles, utilization
from sim.errors import SimulationError
from sim.simulators import CompiledModel, compile_matrix_unit, run_testbench
from sim.testbench.stimulus import Stimulus, write

BENCH = "sim.testbench.matrix_unit_bench"
STALL_PROBABILITY = 0.3
LONGEST_STALL = 5
STALL_PATTERN = 251


@dataclass(frozen=True, kw_only=True)
class LayerResult:
    """One layer on the simulated hardware, once running freely and once with random stalls.

    positions: output positions simulated. utilization: useful share of the array's peak, from the
    cycle model. bit_exact: both runs gave the golden model's codes; true in every result there is,
    because a difference raises.
    """

    name: str
    bits: int
    positions: int
    macs: int
    utilization: float
    cycles_model: int
    cycles_simulated: int
    stalled_cycles_model: int
    stalled_cycles_simulated: int
    bit_exact: bool


def simulate_network(
    network: IntegerNetwork,
    image: NDArray[np.uint8],
    config: ArrayConfig,
    *,
    build: Path,
    simulator: str = "verilator",
    positions: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[LayerResult]:
    """Run every convolution and linear layer of `network`, at its own width, on real activations.

    image: input codes, uint8[channels, height, width]; each layer's input is what the golden model
    computes for it. positions: limit of output positions per layer, None for all. progress: called
    in the caller's thread; what it raises stops the simulator.
    Raises CompileError for a layer that does not fit the array, SimulationError naming the first
    difference in codes or cycles, or where there is nothing to simulate.
    """
    if not network.mac_layers:
        raise SimulationError(
            f"network {network.name} has no convolution or linear layer: nothing to simulate"
        )
    stimuli = _stimuli(network, image, config, positions, seed)
    model = _compile(config, simulator, build, progress)
    work = build / "simulation" / "runs" / f"{network.name}-{config.unit}-{model.folder.name}"
    shutil.rmtree(work, ignore_errors=True)
    for name, stimulus in stimuli.items():
        write(stimulus, work / "stimulus" / name)
    results = work / "results"
    for folder in (work / "stimulus", results):
        folder.mkdir(parents=True, exist_ok=True)
    variables = {
        "SIGMAQUANT_STIMULUS": str((work / "stimulus").resolve()),
        "SIGMAQUANT_RESULTS": str(results.resolve()),
    }
    log = (work / "simulation.log").resolve()

    def poll() -> None:
        if progress:
            progress("simulate layers", len(list(results.glob("*.json"))), len(stimuli))

    run_testbench(model, BENCH, variables, log, tests=len(stimuli), poll=poll)
    poll()
    got = {name: _read_result(results / f"{name}.json", log) for name in stimuli}
    return [
        _result(layer, *_run_names(i, layer), stimuli, got)
        for i, layer in enumerate(network.mac_layers)
    ]


def random_stalls(seed: int) -> Stalls:
    """Independent random stalls on all four streams."""
    rng = np.random.default_rng(seed)

    def pattern() -> list[int]:
        lengths = rng.integers(1, LONGEST_STALL + 1, STALL_PATTERN)
        return np.where(rng.random(STALL_PATTERN) < STALL_PROBABILITY, lengths, 0).tolist()

    return Stalls(activations=pattern(), weights=pattern(), parameters=pattern(), output=pattern())


def _compile(
    config: ArrayConfig, simulator: str, build: Path, progress: Progress | None
) -> CompiledModel:
    if progress:
        progress(f"compile {config.unit} for {simulator}", 0, 1)
    model = compile_matrix_unit(config, simulator, build)
    if progress:
        progress(f"compile {config.unit} for {simulator}", 1, 1)
    return model


def _run_names(index: int, layer: MacLayer) -> tuple[str, str]:
    """Names of the free and of the stalled run; they sort in layer order."""
    return f"{index:03d}-{layer.name}-free", f"{index:03d}-{layer.name}-stalled"


def _stimuli(
    network: IntegerNetwork,
    image: NDArray[np.uint8],
    config: ArrayConfig,
    positions: int | None,
    seed: int,
) -> dict[str, Stimulus]:
    """Two runs per layer: free and stalled."""
    codes = golden.run(network, image[np.newaxis])
    stimuli = {}
    for index, layer in enumerate(network.mac_layers):
        plan = plan_layer(network, layer, config, positions)
        streams = layer_streams(network, layer, plan, codes[layer.input][0])
        expected = codes[layer.output][0].reshape(plan.channels, -1)[:, : plan.positions]
        stalls = random_stalls(seed + index)
        free_name, stalled_name = _run_names(index, layer)
        stimuli[free_name] = Stimulus(
            streams=streams, codes=expected, stalls=Stalls(), cycles=layer_cycles(plan)
        )
        stimuli[stalled_name] = Stimulus(
            streams=streams, codes=expected, stalls=stalls, cycles=stalled_cycles(plan, stalls)
        )
    return stimuli


def _read_result(path: Path, log: Path) -> dict[str, Any]:
    """What the testbench wrote of one run."""
    if not path.exists():
        raise SimulationError(f"run {path.stem} left no result: see {log}")
    return json.loads(path.read_text())


def _result(
    layer: MacLayer,
    free: str,
    stalled: str,
    stimuli: dict[str, Stimulus],
    got: dict[str, dict[str, Any]],
) -> LayerResult:
    plan = stimuli[free].streams.plan
    return LayerResult(
        name=layer.name,
        bits=layer.bits,
        positions=plan.positions,
        macs=plan.macs,
        utilization=utilization(plan),
        cycles_model=stimuli[free].cycles,
        cycles_simulated=got[free]["cycles"],
        stalled_cycles_model=stimuli[stalled].cycles,
        stalled_cycles_simulated=got[stalled]["cycles"],
        bit_exact=got[free]["bit_exact"] and got[stalled]["bit_exact"],
    )
