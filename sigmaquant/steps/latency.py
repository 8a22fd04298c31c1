"""Cycles of an integer network on one array, and on the engine around it with its memories."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from hw.config import ENGINES, engine_preset, preset
from hw.errors import ConfigError
from sigmaquant.errors import one_line
from sigmaquant.latency_results import EngineLatency, LatencyResult, MemoryUse
from sigmaquant.step import Context, Step
from sigmaquant.steps import fit

if TYPE_CHECKING:
    from quant.integer_network import IntegerNetwork

SOURCES = (*fit.SOURCES, "synth.memory_traffic", "synth.sram", "synth.sram_table", __name__)


def step(name: str, allocated: Step[Any]) -> Step[LatencyResult]:
    """What the network in the folder of `allocated` takes on the array preset `name`."""
    network = allocated.name.removeprefix("allocate-")
    return Step(
        name=f"latency-{name}-{network}",
        title=f"Cycles of {network} on {name}",
        result=LatencyResult,
        compute=partial(_compute, name, allocated),
        inputs={"array": preset(name).to_dict()},
        needs=(allocated,),
        sources=SOURCES,
        distributions=fit.DISTRIBUTIONS,
    )


def _compute(name: str, allocated: Step[Any], context: Context) -> LatencyResult:
    from compiler.plan import plan_layer
    from quant.integer_network import load
    from sim.cycle_model import layer_cycles

    network = load(context.folder_of(allocated))
    plans = [plan_layer(network, layer, preset(name)) for layer in network.mac_layers]
    macs: Counter[int] = Counter()
    for plan in plans:
        macs[plan.bits] += plan.macs
    return LatencyResult(
        preset=name,
        network=network.name,
        macs={str(bits): macs[bits] for bits in sorted(macs)},
        steps=sum(plan.tile_count * plan.steps_per_tile for plan in plans),
        cycles=sum(layer_cycles(plan) for plan in plans),
        engine=_engine(name, network),
    )


def _engine(name: str, network: "IntegerNetwork") -> EngineLatency:
    """The engine of that name, or one of its family with the same memory around this array."""
    from compiler.errors import CompileError
    from compiler.program import compile_network
    from sim.program_model import program_timing
    from synth.memory_traffic import memory_figures

    family, _, _ = name.partition("_")
    try:
        engine = ENGINES.get(name) or engine_preset(family).around(preset(name))
        program = compile_network(network, engine)
    except (ConfigError, CompileError) as error:
        return EngineLatency(reason=one_line(error))
    timing = program_timing(program)
    return EngineLatency(
        cycles=timing.cycles,
        steps=sum(share.timing.steps for share in timing.operations),
        utilization=timing.utilization_overall,
        memories=[
            MemoryUse(
                name=each.name,
                count=each.count,
                words=each.words,
                word_bits=each.word_bits,
                reads=each.accesses.reads,
                word_writes=each.accesses.word_writes,
                slice_writes=each.accesses.slice_writes,
                energy_nj=each.energy_nj,
                area_um2=each.area_um2,
                leakage_nw=each.leakage_nw,
            )
            for each in memory_figures(program)
        ],
    )
