"""Networks on the generated Verilog: codes equal golden, cycles equal the model, or it says so."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.errors import CompileError
from compiler.plan import plan_layer
from hw.config import ArrayConfig
from hw.matrix_unit import MATRIX_UNIT_LATENCY
from quant.integer_network import IntegerNetwork, MaxPool
from sim import simulate
from sim.errors import SimulationError
from sim.simulate import LayerResult, simulate_network
from tests.helpers.networks import random_images, random_network

BASELINE = ArrayConfig(unit="int8", rows=2, columns=2, lanes=5)
SEED = 5


def small_network() -> IntegerNetwork:
    return random_network(SEED, image=(3, 5, 4))


def run(build: Path, config: ArrayConfig, **options) -> list[LayerResult]:
    network = small_network()
    image = random_images(network, 1, SEED)[0]
    return simulate_network(network, image, config, build=build, seed=SEED, **options)


@pytest.mark.parametrize("unit", ["pair_sum", "int8"])
def test_whole_network_is_bit_exact_and_cycle_exact(
    simulation_build: Path, small_array: ArrayConfig, unit: str
) -> None:
    config = small_array if unit == "pair_sum" else BASELINE
    seen: list[tuple[str, int, int]] = []
    results = run(simulation_build, config, progress=lambda *step: seen.append(step))
    assert [result.name for result in results] == [
        layer.name for layer in small_network().mac_layers
    ]
    assert sorted(result.bits for result in results) == list(range(2, 9))
    for result in results:
        assert result.bit_exact, result
        assert result.cycles_simulated == result.cycles_model, result
        assert result.stalled_cycles_simulated == result.stalled_cycles_model, result
        assert result.stalled_cycles_model > result.cycles_model, result
    assert seen[-1] == ("simulate layers", 14, 14)


def test_drain_limits_short_reductions(simulation_build: Path, small_array: ArrayConfig) -> None:
    """Where a tile fills faster than it drains, every tile costs its drain, not its steps."""
    network = small_network()
    results = {result.name: result for result in run(simulation_build, small_array, positions=6)}
    plans = [plan_layer(network, layer, small_array, 6) for layer in network.mac_layers]
    drain = small_array.drain_beats
    short = [plan for plan in plans if plan.steps_per_tile < drain and plan.tile_count > 1]
    assert short
    for plan in short:
        waiting = plan.steps_per_tile + plan.tile_count * drain + MATRIX_UNIT_LATENCY - 1
        assert results[plan.name].cycles_simulated == waiting
        assert results[plan.name].bit_exact


def test_wrong_code_is_located(
    simulation_build: Path, small_array: ArrayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = simulate.golden.run

    def spoilt(network, images):
        codes = honest(network, images)
        codes["conv2"] = codes["conv2"].copy()
        codes["conv2"][0, 4, 0, 1] ^= 1
        return codes

    monkeypatch.setattr(simulate.golden, "run", spoilt)
    message = r"conv2-free: 1 of \d+ codes differ, first at channel 4, position 1: hardware"
    with pytest.raises(SimulationError, match=message):
        run(simulation_build, small_array, positions=3)


def test_wrong_cycle_count_is_told(
    simulation_build: Path, small_array: ArrayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = simulate.layer_cycles
    monkeypatch.setattr(simulate, "layer_cycles", lambda plan: honest(plan) + 1)
    with pytest.raises(SimulationError, match=r"\d+ cycles simulated, the cycle model says \d+"):
        run(simulation_build, small_array, positions=2)


def test_stalls_are_the_same_for_one_seed() -> None:
    assert simulate.random_stalls(3) == simulate.random_stalls(3)
    assert simulate.random_stalls(3) != simulate.random_stalls(4)
    assert max(simulate.random_stalls(3).weights) == simulate.LONGEST_STALL


def test_nothing_to_simulate_is_refused(tmp_path: Path, small_array: ArrayConfig) -> None:
    network = small_network()
    pool = next(layer for layer in network.layers if isinstance(layer, MaxPool))
    image = network.tensors["image"]
    output = replace(image, name="pool", shape=pool.output_shape(image.shape))
    network = IntegerNetwork(
        name="pooled",
        input="image",
        output="pool",
        tensors={"image": image, "pool": output},
        layers=(replace(pool, input="image", output="pool"),),
        metadata={},
    )
    message = "network pooled has no convolution or linear layer: nothing to simulate"
    with pytest.raises(SimulationError, match=message):
        simulate_network(network, random_images(network, 1, 0)[0], small_array, build=tmp_path)


@pytest.mark.parametrize("positions", [0, -1])
def test_bad_input_is_refused_before_anything_is_made(
    tmp_path: Path, small_array: ArrayConfig, positions: int
) -> None:
    with pytest.raises(CompileError, match=f"integer of at least 1, or None, not {positions}"):
        run(tmp_path, small_array, positions=positions)
    assert not list(tmp_path.iterdir())


def test_run_without_a_result_is_told(
    simulation_build: Path, small_array: ArrayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "run_testbench", lambda *_args, **_options: None)
    with pytest.raises(SimulationError, match=r"run 000-conv1-free left no result: see .*\.log"):
        run(simulation_build, small_array, positions=1)


def test_progress_is_called_by_the_caller_and_can_stop_the_simulator(
    simulation_build: Path, small_array: ArrayConfig
) -> None:
    threads = set()

    def stop(label: str, _done: int, _total: int) -> None:
        threads.add(threading.current_thread())
        if label == "simulate layers":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(simulation_build, small_array, progress=stop)
    assert threads == {threading.current_thread()}
    pid = int(next(simulation_build.rglob("simulation.pid")).read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus Verilog is not installed")
def test_icarus_agrees(simulation_build: Path) -> None:
    results = run(simulation_build, BASELINE, simulator="icarus", positions=3)
    assert all(result.bit_exact for result in results)
    assert all(result.cycles_simulated == result.cycles_model for result in results)
