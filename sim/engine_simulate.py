"""Co-simulates whole networks on the engine's generated Verilog, through its AXI ports."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compiler.program import Program, compile_network, stream_words
from hw.config import EngineConfig
from hw.engine.engine import Engine
from hw.engine.registers import configuration_id
from quant.integer_network import IntegerNetwork
from quant.progress import Progress
from sim import golden
from sim.engine_model import OperationTiming
from sim.errors import SimulationError
from sim.program_model import ProgramTiming, alone_cycles, program_timing
from sim.simulators import CompiledModel, compile_component, run_testbench
from sim.testbench.engine_stimulus import EngineRun, EngineStimulus, write

BENCH = "sim.testbench.engine_bench"
TOP = "engine"
COUNTED = (
    "steps",
    "blocked",
    "activation_reads",
    "activation_writes",
    "residual_reads",
    "weight_reads",
    "parameter_reads",
)


@dataclass(frozen=True, kw_only=True)
class EngineResult:
    """A network on the simulated engine; every code and every counter was as expected.

    counters: of the run of the whole program, by name. operations: of the run of each one alone.
    """

    program: Program
    timing: ProgramTiming
    counters: dict[str, int]
    operations: tuple[dict[str, int], ...]


def simulate_engine(
    network: IntegerNetwork,
    image: NDArray[np.uint8],
    config: EngineConfig,
    *,
    build: Path,
    simulator: str = "verilator",
    stalls: bool = False,
    progress: Progress | None = None,
) -> EngineResult:
    """Run `network` on the engine, each operation alone and then all of them.

    image: input codes, uint8 of the input's shape. stalls: the host lets its handshakes wait at
    random, which no count may show. progress: called in the caller's thread; what it raises stops
    the simulator.
    Raises CompileError for a network that does not fit the engine, SimulationError naming the first
    run in which codes or counters differ.
    """
    program = compile_network(network, config)
    timing = program_timing(program)
    stimulus = _stimulus(network, image, program, timing, stalls=stalls)
    model = compile_engine(config, simulator, build, progress)
    work = build / "simulation" / "runs" / f"{network.name}-{model.folder.name}"
    shutil.rmtree(work, ignore_errors=True)
    write(stimulus, work / "stimulus")
    results, log = work / "results", (work / "simulation.log").resolve()
    results.mkdir()
    variables = {
        "SIGMAQUANT_STIMULUS": str((work / "stimulus").resolve()),
        "SIGMAQUANT_RESULTS": str(results.resolve()),
    }

    def poll() -> None:
        if progress:
            progress("simulate operations", len(list(results.glob("*.json"))), len(stimulus.runs))

    run_testbench(model, BENCH, variables, log, tests=1, poll=poll)
    poll()
    counted = [_counted(results / f"{index:03d}.json", log) for index in range(len(stimulus.runs))]
    return EngineResult(
        program=program, timing=timing, counters=counted[-1], operations=tuple(counted[:-1])
    )


def compile_engine(
    config: EngineConfig, simulator: str, build: Path, progress: Progress | None = None
) -> CompiledModel:
    """Compile the engine of `config`; does nothing where that was done before."""
    label = f"compile the engine for {simulator}"
    if progress:
        progress(label, 0, 1)
    model = compile_component(lambda: Engine(config), TOP, simulator, build)
    if progress:
        progress(label, 1, 1)
    return model


def _stimulus(
    network: IntegerNetwork,
    image: NDArray[np.uint8],
    program: Program,
    timing: ProgramTiming,
    *,
    stalls: bool,
) -> EngineStimulus:
    codes = {name: batch[0] for name, batch in golden.run(network, image[np.newaxis]).items()}
    shares = zip(program.operations, timing.operations, strict=True)
    runs = [
        EngineRun(
            name=", ".join(operation.names),
            program=program.slice(index),
            result=operation.output,
            codes=codes[operation.output.name],
            counters=_counters(alone_cycles(share.timing), [share.timing]),
        )
        for index, (operation, share) in enumerate(shares)
    ]
    whole = EngineRun(
        name="whole program",
        program=program.words,
        result=program.output,
        codes=codes[network.output],
        counters=_counters(timing.cycles, [share.timing for share in timing.operations]),
    )
    return EngineStimulus(
        configuration=configuration_id(program.config),
        weights=np.array(stream_words(program.weights), np.uint32),
        parameters=np.array(stream_words(program.parameters), np.uint32),
        image=np.array(program.input.stream_words(image), np.uint32),
        input=program.input,
        runs=(*runs, whole),
        stalls=stalls,
    )


def _counters(cycles: int, timings: list[OperationTiming]) -> dict[str, int]:
    """The engine's counters after these operations."""
    counts = [asdict(timing) for timing in timings]
    return {"cycles": cycles} | {name: sum(count[name] for count in counts) for name in COUNTED}


def _counted(path: Path, log: Path) -> dict[str, int]:
    """Counters that the testbench wrote of one run."""
    if not path.exists():
        raise SimulationError(f"run {path.stem} left no result: see {log}")
    return json.loads(path.read_text())["counters"]
