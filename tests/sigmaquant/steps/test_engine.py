"""What the engine's step records of a simulation, and what its result depends on."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from compiler.program import compile_network
from hw.config import engine_preset
from sigmaquant.engine_results import EngineNetwork
from sigmaquant.steps import engine
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
    return engine.record(network, "edge", result)


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


def test_committed_digits_network_is_found() -> None:
    network, image = engine._network(engine.DIGITS, None)
    assert network.name == "digits"
    assert image.shape == network.tensors[network.input].shape


def test_every_width_is_a_step_of_its_own() -> None:
    compiled = engine.compile_step("tiny", "verilator")
    steps = [engine.step("resnet20", bits, "tiny", "verilator", compiled) for bits in (None, 8, 2)]
    assert [step.name for step in steps] == [
        "engine-tiny-resnet20_mix",
        "engine-tiny-resnet20_8bit",
        "engine-tiny-resnet20_2bit",
    ]
    assert len({step.key() for step in steps}) == 3
