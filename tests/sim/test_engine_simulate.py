"""Networks on the engine's Verilog through AXI: codes and counters as expected, or it says so."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw.config import EngineConfig, engine_preset
from quant.integer_network import IntegerNetwork
from sim import engine_simulate
from sim.engine_simulate import EngineResult, compile_engine, simulate_engine
from sim.errors import SimulationError
from sim.networks import build
from tests.helpers.networks import random_images, random_network

SEED = 6


@pytest.fixture(scope="module", autouse=True)
def verilog_written_once() -> Iterator[None]:
    """Writing an engine's Verilog, to see whether it is compiled, takes longer than a run."""
    compiled = functools.cache(
        lambda config, simulator, folder: compile_engine(config, simulator, folder)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_simulate, "compile_engine", lambda *a: compiled(*a[:3]))
        yield


def small_network() -> IntegerNetwork:
    """Convolutions, a depthwise one, an addition, both pools and a linear layer."""
    return random_network(SEED, image=(3, 7, 6), depthwise=True)


def run(folder: Path, config: EngineConfig, **options) -> EngineResult:
    network = small_network()
    image = random_images(network, 1, SEED)[0]
    return simulate_engine(network, image, config, build=folder, **options)


def test_whole_network_is_bit_exact_and_every_counter_right(
    simulation_build: Path, small_engine: EngineConfig
) -> None:
    seen: list[tuple[str, int, int]] = []
    result = run(simulation_build, small_engine, progress=lambda *step: seen.append(step))
    operations = len(result.program.operations)
    assert seen[-1] == ("simulate operations", operations + 1, operations + 1)
    assert len(result.operations) == operations
    assert result.counters["cycles"] == result.timing.cycles
    for name in engine_simulate.COUNTED:
        assert result.counters[name] == sum(counters[name] for counters in result.operations)
        assert result.counters[name], f"no operation counts {name}"
    bits = {operation.bits for operation in result.program.operations}
    assert bits == {0, *range(2, 9)}


def test_a_host_that_lets_everything_wait_sees_the_same(
    simulation_build: Path, small_engine: EngineConfig
) -> None:
    stalled = run(simulation_build, small_engine, stalls=True)
    assert stalled.counters == run(simulation_build, small_engine).counters


def test_wrong_code_is_located(
    simulation_build: Path, small_engine: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = engine_simulate.golden.run

    def spoilt(network, images):
        codes = honest(network, images)
        codes["conv4"] = codes["conv4"].copy()
        codes["conv4"][0, 4, 0, 1] ^= 1
        return codes

    monkeypatch.setattr(engine_simulate.golden, "run", spoilt)
    message = r"conv4: 1 of \d+ codes differ, first at \(4, 0, 1\): hardware \d+, golden model \d+"
    with pytest.raises(SimulationError, match=message):
        run(simulation_build, small_engine)


def test_wrong_count_is_told(
    simulation_build: Path, small_engine: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = engine_simulate.alone_cycles
    monkeypatch.setattr(engine_simulate, "alone_cycles", lambda timing: honest(timing) + 1)
    message = r"conv1: cycles: \d+ simulated, the cycle model says \d+"
    with pytest.raises(SimulationError, match=message):
        run(simulation_build, small_engine)


def test_run_without_a_result_is_told(
    simulation_build: Path, small_engine: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_simulate, "run_testbench", lambda *_args, **_options: None)
    with pytest.raises(SimulationError, match=r"run 000 left no result: see .*\.log"):
        run(simulation_build, small_engine)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_resnet8_on_the_edge_engine(simulation_build: Path) -> None:
    network = build("resnet8", None)
    image = random_images(network, 1, SEED)[0]
    result = simulate_engine(network, image, engine_preset("edge"), build=simulation_build)
    assert result.counters["cycles"] == result.timing.cycles
    assert result.timing.utilization > 0.8
