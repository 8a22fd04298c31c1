"""Cycles of one image on one array of an exploration, and on a whole engine around it."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hw.config import ArrayConfig, engine_preset
from quant.integer_network.store import MANIFEST_FILE
from sigmaquant import provenance
from sigmaquant.explore_results import ArrayTiming
from sigmaquant.step import Context, Step

if TYPE_CHECKING:
    from quant.integer_network import IntegerNetwork

SOURCES = ("hw", "compiler", "sim", "quant.integer_network", __name__)
DISTRIBUTIONS = ("amaranth", "numpy", "safetensors")


def step(engine: str, label: str, array: ArrayConfig, folder: Path) -> Step[ArrayTiming]:
    """Cycles of the network in `folder`; engines have the memories of the preset `engine`."""
    return Step(
        name=f"explore-cycles-{label}",
        title=f"Cycles of one image on {label}",
        result=ArrayTiming,
        compute=partial(_compute, engine, array, folder),
        inputs={
            "array": array.to_dict(),
            "engine": asdict(engine_preset(engine)),
            "network": provenance.file_sha256(folder / MANIFEST_FILE),
        },
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def array_cycles(network: "IntegerNetwork", array: ArrayConfig) -> int:
    """Cycles in which `array` works on one image: every tile's steps, or its drain if longer.

    Left out: filling the pipeline and draining the last tile, once a layer, fetching activations,
    and layers without weights. Raises CompileError for a network that the array cannot run.
    """
    from compiler.plan import plan_layer

    plans = [plan_layer(network, layer, array) for layer in network.mac_layers]
    return sum(plan.tile_count * max(plan.steps_per_tile, array.drain_beats) for plan in plans)


def engine_cycles(
    network: "IntegerNetwork", engine: str, array: ArrayConfig
) -> tuple[int | None, str]:
    """Cycles of one image by the cycle model of an engine around `array`; None and why, if none.

    Its memories have as many bytes as those of the preset `engine`.
    """
    from compiler.errors import CompileError
    from compiler.program import compile_network
    from hw.errors import ConfigError
    from sigmaquant.errors import one_line
    from sim.program_model import program_timing

    try:
        program = compile_network(network, engine_preset(engine).around(array))
    except (ConfigError, CompileError) as error:
        return None, one_line(error)
    return program_timing(program).cycles, ""


def _compute(engine: str, array: ArrayConfig, folder: Path, _: Context) -> ArrayTiming:
    from quant.integer_network import load

    network = load(folder)
    whole, reason = engine_cycles(network, engine, array)
    macs = {layer.name: network.macs(layer) for layer in network.mac_layers}
    return ArrayTiming(
        macs=sum(macs.values()),
        cycles=array_cycles(network, array),
        ideal_cycles=sum(
            macs[layer.name] / array.macs_per_cycle(layer.bits) for layer in network.mac_layers
        ),
        engine_cycles=whole,
        no_engine=reason,
    )
