from pathlib import Path
from types import SimpleNamespace

import pytest

from compiler.plan import plan_layer
from compiler.program import compile_network
from hw.config import engine_preset, preset
from quant.integer_network import load
from sigmaquant.steps import engine, latency
from sim.cycle_model import layer_cycles
from sim.program_model import program_timing


def found(name: str) -> latency.LatencyResult:
    context = SimpleNamespace(folder_of=lambda _: Path(engine.DIGITS_FOLDER))
    return latency._compute(name, None, context)  # pyright: ignore


def test_cycles_are_those_of_the_models():
    network = load(engine.DIGITS_FOLDER)
    result = found("edge")
    plans = [plan_layer(network, layer, preset("edge")) for layer in network.mac_layers]
    timing = program_timing(compile_network(network, engine_preset("edge")))
    assert result.cycles == sum(layer_cycles(plan) for plan in plans)
    assert result.engine.cycles == timing.cycles
    assert result.all_macs == sum(plan.macs for plan in plans)
    assert result.engine.steps == sum(each.timing.steps for each in timing.operations)
    assert {memory.name for memory in result.engine.memories} >= {"activations", "weights"}


def test_an_array_without_a_preset_of_an_engine_gets_one_of_its_family():
    result = found("edge_bit_plane")
    assert result.engine.cycles is not None
    assert result.engine.cycles > result.engine.steps > 0  # pyright: ignore


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("edge_bricks", "cannot serve bricks"),
        ("edge_int8_pe", "rows must be a power of two, not 24"),
    ],
)
def test_an_array_that_no_engine_is_around_says_why(name: str, reason: str):
    result = found(name)
    assert result.engine.cycles is None
    assert reason in result.engine.reason
    assert result.cycles > result.steps > 0
