"""Cycles of the exported network on the engine by the cycle model, where it fits there."""

from dataclasses import asdict
from functools import partial

from hw.config import engine_preset
from sigmaquant.config import Configuration
from sigmaquant.engine_results import EngineFit
from sigmaquant.errors import one_line
from sigmaquant.results import AllocationResult
from sigmaquant.step import Context, Step

SOURCES = ("hw", "compiler", "sim", "quant.integer_network", "sigmaquant.steps.fit")
DISTRIBUTIONS = ("amaranth", "numpy", "safetensors")


def step(
    configuration: Configuration, allocated: Step[AllocationResult], seed: int
) -> Step[EngineFit]:
    """What the network of `allocated` takes on the engine of the configuration."""
    return Step(
        name=f"fit-seed{seed}",
        title=f"Cycles on the engine, seed {seed}",
        result=EngineFit,
        compute=partial(_compute, configuration.array, allocated),
        inputs={"engine": asdict(engine_preset(configuration.array))},
        needs=(allocated,),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _compute(engine: str, allocated: Step[AllocationResult], context: Context) -> EngineFit:
    from compiler.errors import CompileError
    from compiler.program import compile_network
    from quant.integer_network import load
    from sim.program_model import program_timing

    network = load(context.folder_of(allocated))
    try:
        program = compile_network(network, engine_preset(engine))
    except CompileError as error:
        return EngineFit(engine=engine, cycles=None, reason=one_line(error))
    return EngineFit(engine=engine, cycles=program_timing(program).cycles, reason="")
