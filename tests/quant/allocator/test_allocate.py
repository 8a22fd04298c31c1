import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from quant.allocator import (
    Allocation,
    AllocatorSettings,
    Budget,
    allocate,
    bops,
    load_allocated,
)
from quant.allocator.store import EvaluationStore
from quant.data import Split, Splits
from quant.determinism import deterministic
from quant.errors import SettingsError
from quant.evaluate import accuracy
from quant.model import prepare
from quant.networks.digits import load_pretrained
from quant.qat import QatSettings

# The search by measurement on the same budgets, in as little time.
MEASURED = AllocatorSettings(
    size=0.29,
    accuracy_drop=0.05,
    search_steps=6,
    search_rounds=2,
    proof_steps=4,
    sensitivity_images=16,
    final_epochs=1,
)

# Strict enough that phase 1 misses and phase 2 has to work, short enough for a test.
STRICT = AllocatorSettings(
    mode="published",
    size=0.29,
    accuracy_drop=0.02,
    cluster_epochs=1,
    refine_epochs=1,
    final_epochs=1,
)


class KilledError(Exception):
    """Stands for the end of the process."""


def without_times(allocation: Allocation) -> dict[str, Any]:
    record = allocation.to_json()
    for step in record["trajectory"]:
        del step["seconds"]
    del record["search"]["cpu_seconds"]
    return record


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return load_pretrained()


@pytest.fixture(scope="module")
def whole(
    network: nn.Module, small_data: Splits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Allocation, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return allocate(network, small_data, STRICT, folder=folder, seed=1), folder


def test_both_phases_and_the_fine_tuning_reach_the_budgets(
    whole: tuple[Allocation, Path],
) -> None:
    allocation, _ = whole
    assert allocation.met
    assert allocation.reason.startswith("met: size ")
    assert [step.phase for step in allocation.trajectory] == sorted(
        step.phase for step in allocation.trajectory
    )
    assert {1, 2, 3} == {step.phase for step in allocation.trajectory}
    assert allocation.final.size_ratio <= 0.29
    drop = allocation.float_accuracy.validation - allocation.final.validation_accuracy
    assert drop <= 0.02 + 1e-9
    assert allocation.final.mean_bits == pytest.approx(8 * allocation.final.size_ratio)
    total = sum(layer.weights * layer.bits for layer in allocation.layers)
    assert allocation.final.size_ratio == total / (8 * 55_664)
    assert sum(layer.macs for layer in allocation.layers) == 678_368
    assert allocation.layers[0].name == "stem"


def test_json_round_trip(whole: tuple[Allocation, Path]) -> None:
    allocation, _ = whole
    assert Allocation.from_json(json.loads(json.dumps(allocation.to_json()))) == allocation


@pytest.fixture(scope="module")
def measured(
    network: nn.Module, small_data: Splits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Allocation, Path]:
    folder = tmp_path_factory.mktemp("measured")
    return allocate(network, small_data, MEASURED, folder=folder, seed=1), folder


def test_the_search_by_measurement_never_leaves_the_size_budget(
    measured: tuple[Allocation, Path],
) -> None:
    allocation, _ = measured
    start, *others = allocation.trajectory
    assert start.bits == dict.fromkeys(allocation.bits, 8)
    assert {step.phase for step in others} == {1, 2, 3}
    assert all(step.size_ratio <= 0.29 for step in others)
    searched = [step for step in others if step.action not in ("train on", "fine-tune")]
    tried = [tuple(step.bits.values()) for step in searched]
    assert len(set(tried)) == len(tried)
    proven = [step for step in others if step.action == "train on"]
    leading = sorted(searched, key=lambda step: step.divergence)[:2]
    assert [step.bits for step in proven] == [step.bits for step in leading]
    assert allocation.bits == min(proven, key=lambda step: step.divergence).bits
    assert [(cost.unit, cost.limit) for cost in allocation.costs] == [("bytes", 0.29 * 55_664)]
    assert allocation.costs[0].value == sum(n.weights * n.bits for n in allocation.layers) / 8
    assert allocation.search.qat_epochs == pytest.approx(1.5 * len(searched) + 1 * 2)
    assert allocation.search.cpu_seconds > 0


def test_the_frontier_falls_in_accuracy_as_it_shrinks(measured: tuple[Allocation, Path]) -> None:
    allocation, _ = measured
    sizes = [point.size_ratio for point in allocation.frontier]
    drops = [point.drop for point in allocation.frontier]
    assert sizes == sorted(set(sizes))
    assert drops == sorted(set(drops), reverse=True)
    assert all(point.mean_bits == 8 * point.size_ratio for point in allocation.frontier)


@pytest.mark.parametrize("events", [0, 20, 40])
def test_a_killed_search_by_measurement_continues_to_the_same_result(
    network: nn.Module,
    small_data: Splits,
    measured: tuple[Allocation, Path],
    tmp_path: Path,
    events: int,
) -> None:
    check_resumed(network, small_data, MEASURED, measured, tmp_path, events)


@pytest.mark.parametrize("events", [0, 2])
def test_a_killed_run_continues_to_the_same_result(
    network: nn.Module,
    small_data: Splits,
    whole: tuple[Allocation, Path],
    tmp_path: Path,
    events: int,
) -> None:
    check_resumed(network, small_data, STRICT, whole, tmp_path, events)


def check_resumed(
    network: nn.Module,
    data: Splits,
    settings: AllocatorSettings,
    whole: tuple[Allocation, Path],
    folder: Path,
    events: int,
) -> None:
    heard: list[str] = []

    def kill(label: str, done: int, total: int) -> None:
        del done, total
        heard.append(label)
        if len(heard) > events:
            raise KilledError

    with pytest.raises(KilledError):
        allocate(network, data, settings, folder=folder, seed=1, progress=kill)
    allocation, other = whole
    resumed = allocate(network, data, settings, folder=folder, seed=1)
    assert without_times(resumed) == without_times(allocation)
    name = f"{allocation.final.evaluation}.safetensors"
    assert (folder / name).read_bytes() == (other / name).read_bytes()


def test_a_search_killed_late_in_a_training_goes_on_within_it(
    network: nn.Module,
    small_data: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quant.qat._SAVE_SECONDS", 0.0)
    settings = replace(MEASURED, search_rounds=0, metrics=("weight_error",), final_epochs=3)
    heard: list[tuple[str, int]] = []

    def kill(label: str, done: int, total: int) -> None:
        heard.append((label, done))
        if "fine-tune" in label and done == total - 1:
            raise KilledError

    with pytest.raises(KilledError):
        allocate(network, small_data, settings, folder=tmp_path / "a", seed=1, progress=kill)
    assert len(list((tmp_path / "a").glob("*.training"))) == 1
    heard.clear()
    resumed = allocate(
        network,
        small_data,
        settings,
        folder=tmp_path / "a",
        seed=1,
        progress=lambda label, done, _: heard.append((label, done)),
    )
    assert min(done for label, done in heard if "fine-tune" in label) > 8
    assert not list((tmp_path / "a").glob("*.training"))
    whole = allocate(network, small_data, settings, folder=tmp_path / "b", seed=1)
    assert without_times(resumed) == without_times(whole)


def test_pins_ties_and_other_budgets_hold_together(
    network: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    model = prepare(network, torch.zeros(1, 1, 8, 8))
    macs = {layer.name: 1000 for layer in model.graph.mac_layers}
    budget = Budget(bops(macs, (2, 4, 6, 8), dict.fromkeys(macs, 8)), 300_000)
    settings = replace(
        MEASURED,
        size=0.4,
        pins={"stem": 8},
        tied=(("block1.conv1", "block1.conv2"),),
        search_rounds=1,
        final_epochs=0,
    )
    allocation = allocate(network, small_data, settings, folder=tmp_path, seed=1, budgets=(budget,))
    bits = allocation.bits
    assert bits["stem"] == 8
    assert bits["block1.conv1"] == bits["block1.conv2"]
    assert sum(8000 * width for width in bits.values()) <= 300_000
    assert [cost.unit for cost in allocation.costs] == ["bytes", "BOPs"]
    assert "bit operations" in allocation.reason


def test_a_cost_out_of_reach_is_refused_before_any_training(
    network: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    macs = dict.fromkeys(prepare(network, torch.zeros(1, 1, 8, 8)).bits, 1000)
    budget = Budget(bops(macs, (2, 4, 6, 8), dict.fromkeys(macs, 8)), 200_000)
    settings = replace(MEASURED, pins={"stem": 8})
    match = "bit operations of 200,000 BOPs is out of reach: the least is 208,000 BOPs"
    with pytest.raises(SettingsError, match=match):
        allocate(network, small_data, settings, folder=tmp_path, seed=1, budgets=(budget,))
    assert not list(tmp_path.glob("*.json"))


def test_a_finished_run_is_not_computed_again(
    network: nn.Module, small_data: Splits, whole: tuple[Allocation, Path]
) -> None:
    allocation, folder = whole

    def fail(label: str, done: int, total: int) -> None:
        raise AssertionError(label, done, total)

    again = allocate(network, small_data, STRICT, folder=folder, seed=1, progress=fail)
    assert again == allocation


def test_the_test_part_takes_no_decision(
    network: nn.Module, small_data: Splits, whole: tuple[Allocation, Path], tmp_path: Path
) -> None:
    allocation, _ = whole
    wrong = Split(images=small_data.test.images, labels=(small_data.test.labels + 1) % 10)
    other = allocate(network, replace(small_data, test=wrong), STRICT, folder=tmp_path, seed=1)
    assert other.final.test_accuracy < 0.1
    assert replace(other.final, test_accuracy=0.0) == replace(allocation.final, test_accuracy=0.0)
    assert other.bits == allocation.bits


def test_the_allocated_network_is_loaded_as_it_was_measured(
    network: nn.Module, small_data: Splits, whole: tuple[Allocation, Path]
) -> None:
    allocation, folder = whole
    model = load_allocated(network, small_data, allocation, folder=folder)
    assert model.bits == allocation.bits
    assert model.size_ratio() == allocation.final.size_ratio
    with deterministic():
        assert accuracy(model, small_data.test) == allocation.final.test_accuracy


def test_weights_that_are_gone(
    network: nn.Module, small_data: Splits, whole: tuple[Allocation, Path], tmp_path: Path
) -> None:
    allocation, _ = whole
    with pytest.raises(SettingsError, match="are missing or damaged; allocate again"):
        load_allocated(network, small_data, allocation, folder=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_seeds_differ(
    network: nn.Module, small_data: Splits, whole: tuple[Allocation, Path], tmp_path: Path
) -> None:
    allocation, folder = whole
    other = allocate(network, small_data, STRICT, folder=tmp_path, seed=2)
    assert other.trajectory[1].bits == allocation.trajectory[1].bits
    first, second = (
        EvaluationStore(store).state(a.trajectory[1].evaluation)
        for store, a in ((folder, allocation), (tmp_path, other))
    )
    assert first.keys() == second.keys()
    assert any(not torch.equal(value, second[key]) for key, value in first.items())


def test_an_infeasible_budget_says_so(
    network: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    # Calibrated on two images and not trained, uniform 2 bits cannot keep the float accuracy.
    settings = replace(
        STRICT,
        size=0.25,
        accuracy_drop=0.0,
        accuracy_buffer=0.5,
        cluster_epochs=0,
        refine_epochs=0,
        final_epochs=0,
        qat=QatSettings(calibration=2),
    )
    allocation = allocate(network, small_data, settings, folder=tmp_path, seed=1)
    assert not allocation.met
    assert re.fullmatch(
        r"not met: size [\d.]+% of INT8 \(budget 25\.0%\), accuracy drop -?[\d.]+% "
        r"\(budget 0\.00%\); (no gain in 4 rounds|no move is left); "
        r"(smallest size within the accuracy budget [\d.]+% of INT8|"
        r"no allocation within the accuracy budget; its best drop [\d.]+%); "
        r"best drop within the budget on weight size [\d.]+%",
        allocation.reason,
    )
    assert not list(tmp_path.glob("*.part"))
