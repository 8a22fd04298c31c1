"""Networks on the generated Verilog: codes equal golden, cycles equal the model, or it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.config import ArrayConfig
from quant.integer_network import IntegerNetwork
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
    """In the pair-sum configuration at least one layer waits for its results to drain."""
    network = small_network()
    results = {result.name: result for result in run(simulation_build, small_array, positions=6)}
    short = [
        layer.name
        for layer in network.mac_layers
        if -(-layer.weight[0].size // 10) * layer.bits < small_array.drain_beats
    ]
    assert short
    assert all(results[name].bit_exact for name in short)


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


def test_nothing_to_simulate_fails(
    simulation_build: Path, small_array: ArrayConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "_stimuli", lambda *_: {})
    with pytest.raises(SimulationError, match=r"verilator stopped: see .*\.log"):
        run(simulation_build, small_array)
