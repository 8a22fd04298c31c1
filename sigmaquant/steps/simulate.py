"""The whole network on the simulated engine, and the INT8 engine's cycles for the same."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hw.config import engine_preset
from sigmaquant import data_source, provenance
from sigmaquant.config import Configuration
from sigmaquant.engine_results import EngineNetwork, SimulationResult
from sigmaquant.results import AllocationResult
from sigmaquant.step import Context, Progress, Step
from sigmaquant.steps.engine import DISTRIBUTIONS, HARDWARE, CompiledEngine
from sigmaquant.steps.engine_record import modelled, simulated

if TYPE_CHECKING:
    from quant.integer_network import IntegerNetwork


def step(
    configuration: Configuration, allocated: Step[AllocationResult], compiled: Step[CompiledEngine]
) -> Step[SimulationResult]:
    """The allocated network on the compiled engine, every operation alone and all together."""
    return Step(
        name="simulate",
        title="Simulate the network on the engine",
        result=SimulationResult,
        compute=partial(_compute, configuration, allocated, compiled),
        inputs={
            "engine": asdict(engine_preset(configuration.array)),
            "baseline": asdict(engine_preset(configuration.baseline)),
            "simulator": configuration.simulator,
            "images": configuration.images,
        },
        needs=(allocated, compiled),
        sources=(
            *HARDWARE,
            "quant.data",
            "quant.input_codes",
            "sigmaquant.data_source",
            "sigmaquant.steps.simulate",
        ),
        distributions=(*DISTRIBUTIONS, "scikit-learn"),
    )


def _compute(
    configuration: Configuration,
    allocated: Step[AllocationResult],
    compiled: Step[CompiledEngine],
    context: Context,
) -> SimulationResult:
    from quant.integer_network import load
    from sim.simulators import simulator_version

    network = load(context.folder_of(allocated))
    # A network that the INT8 engine cannot hold is told before minutes of simulation.
    baseline = modelled(network, configuration.baseline)
    name = configuration.simulator
    return SimulationResult(
        images=configuration.images,
        engine=_simulate(configuration, network, context.folder_of(compiled), context.progress),
        baseline=baseline,
        simulator=name,
        versions={
            name: simulator_version(name),
            "cocotb": provenance.version("cocotb"),
            "cocotbext-axi": provenance.version("cocotbext-axi"),
        },
    )


def _simulate(
    configuration: Configuration, network: "IntegerNetwork", build: Path, progress: Progress
) -> EngineNetwork:
    """The first images of the test split; every one has to give the model's counts, so the same."""
    from quant.input_codes import input_codes
    from sim.engine_simulate import simulate_engine

    test = data_source.load(configuration).test
    images = input_codes(network, test.images[: configuration.images])
    first, *_ = [
        simulate_engine(
            network,
            image,
            engine_preset(configuration.array),
            build=build,
            simulator=configuration.simulator,
            progress=progress,
        )
        for image in images
    ]
    return simulated(network, configuration.array, first)
