"""What is recorded of a network on an engine."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from pydantic import ValidationError

from compiler.errors import CompileError
from compiler.program import compile_network
from hw.config import ENGINES, engine_preset
from sigmaquant.engine_results import EngineNetwork, SimulationResult
from sigmaquant.steps import engine_record
from sim.engine_simulate import COUNTED, EngineResult
from sim.program_model import alone_cycles, program_timing
from tests.helpers.networks import random_network

SEED = 4


@pytest.fixture(scope="module")
def recorded() -> EngineNetwork:
    """A record of a simulation that counted what the model says."""
    network = random_network(SEED, depthwise=True)
    program = compile_network(network, engine_preset("edge"))
    timing = program_timing(program)
    operations = tuple(
        {"cycles": alone_cycles(share.timing)}
        | {name: asdict(share.timing)[name] for name in COUNTED}
        for share in timing.operations
    )
    result = EngineResult(
        program=program,
        timing=timing,
        counters={"cycles": timing.cycles},
        operations=operations,
    )
    return engine_record.simulated(network, "edge", result)


def test_layers_are_named_as_people_do(recorded: EngineNetwork) -> None:
    kinds = {layer.name: layer.kind for layer in recorded.layers}
    assert kinds == {
        "conv1": "convolution",
        "conv2": "convolution",
        "conv3 + add": "convolution",
        "conv4": "depthwise convolution",
        "max_pool": "max pool",
        "conv5": "convolution",
        "conv6": "convolution",
        "average_pool": "average pool",
        "linear": "linear",
    }


def test_sums_and_counts(recorded: EngineNetwork) -> None:
    network = random_network(SEED, depthwise=True)
    assert recorded.macs == sum(network.macs(layer) for layer in network.mac_layers)
    assert recorded.mean_bits == network.mean_bits
    assert (
        recorded.cycles_model
        == recorded.cycles_simulated
        > sum(layer.cycles for layer in recorded.layers)
    )
    for layer in recorded.layers:
        assert layer.cycles_model == layer.cycles_simulated
        assert set(layer.counters) == set(COUNTED)
        assert (layer.mapping == "pool") == (layer.bits == 0) == (layer.bound == "pool")
    assert (recorded.activation_word_bytes, recorded.weight_word_bytes) == (32, 192)


def test_model_alone_says_what_a_simulation_that_agrees_does(recorded: EngineNetwork) -> None:
    network = random_network(SEED, depthwise=True)
    modelled = engine_record.modelled(network, "edge").model_dump()
    simulated = recorded.model_dump()
    for layer in simulated["layers"]:
        layer.pop("cycles_simulated")
    assert modelled == {name: simulated[name] for name in modelled}


def test_rival_has_its_own_words_and_cycles(recorded: EngineNetwork) -> None:
    rival = engine_record.modelled(random_network(SEED, depthwise=True), "edge_int8_booth")
    assert (rival.activation_word_bytes, rival.weight_word_bytes) == (16, 96)
    assert [layer.name for layer in rival.layers] == [layer.name for layer in recorded.layers]
    assert rival.macs == recorded.macs
    assert rival.cycles_model != recorded.cycles_model


def test_a_network_that_does_not_fit_the_rival_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(ENGINES["tiny_int8"], weight_words=8)
    monkeypatch.setitem(ENGINES, "tiny_int8", small)
    with pytest.raises(CompileError, match="words of weight memory"):
        engine_record.modelled(random_network(SEED), "tiny_int8")


def test_engines_that_run_different_operations_do_not_compare(recorded: EngineNetwork) -> None:
    rival = engine_record.modelled(random_network(SEED, depthwise=True), "edge_int8")
    fewer = rival.model_copy(update={"layers": rival.layers[1:]})
    with pytest.raises(ValidationError, match="the two engines run different operations"):
        SimulationResult(
            images=1, engine=recorded, baseline=fewer, simulator="verilator", versions={}
        )
