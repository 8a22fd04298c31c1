"""The benchmark from end to end: a plan of the same shape on the digits, hardly trained."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from sigmaquant import benchmark, benchmark_command, methods, provenance, resnet20_record
from sigmaquant import resnet20_page as page
from sigmaquant.benchmark_config import BenchmarkConfiguration
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError
from sigmaquant.report import resnet20_pictures
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, UNTRAINED, Plan

PAIR = (methods.SIGMAQUANT, "layer_mse")
RIVALS = (*PAIR, methods.MODELOPT)


@pytest.fixture
def plan() -> Plan:
    """Two targets, one rival that is installed and one that is not, one step of training."""
    changes = {
        MAIN: {"seeds": (1, 2), "epochs": 0.1, "search_steps": 1},
        COMPARISON: {"methods": RIVALS, "uniform": (2, 8), "epochs": 0.1, "search_steps": 1},
        UNTRAINED: {"methods": RIVALS, "uniform": (2, 8)},
    }
    stages = [replace(each, search_rounds=0, **changes[each.name]) for each in PLAN.stages]
    return replace(
        PLAN, network="digits", targets=PLAN.targets[:2], stages=tuple(stages), code_images=4
    )


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(resnet20_pictures, "PICTURES", tmp_path / "docs")
    monkeypatch.setattr(methods, "is_available", lambda name: name != methods.MODELOPT)
    return tmp_path


def asked(folder: Path, seeds: str = "1,2") -> BenchmarkConfiguration:
    flags = {"seeds": seeds, "jobs": "1", "build": str(folder / "build")}
    return BenchmarkConfiguration.load(flags)


def test_the_plan_becomes_a_record_with_pictures(
    house: Path, plan: Plan, capsys: pytest.CaptureFixture[str]
):
    benchmark_command.run(asked(house), plan, Console(RichConsole(width=100)), fresh=False)
    shown = capsys.readouterr().out
    assert "accuracy drop at 2.5 bits" in shown
    assert "note: modelopt is left out: its package is not installed" in shown

    record, figures = resnet20_record.read()
    assert record["command"] == "sigmaquant benchmark digits --seeds 1,2"
    assert str(house) not in str(record)
    pictures = list((house / "docs").glob("*.svg"))
    assert len(pictures) == 4
    for path in pictures:
        assert provenance.file_sha256(path) == record["inputs"][f"picture {path.stem}"]

    main = figures.points[MAIN][methods.SIGMAQUANT]
    assert [each.budget_bits for each in main] == [3.2, 2.5]
    assert [each.seeds for each in main] == [[1, 2], [1]]
    for each in main:
        assert each.mean_bits <= (each.budget_bits or 0)
        assert len(each.golden_accuracy) == len(each.accuracy) == len(each.seeds)
        assert each.code_difference in (0, 1)
    assert figures.left_out == [methods.MODELOPT]
    for stage in (COMPARISON, UNTRAINED):
        assert set(figures.points[stage]) == {methods.SIGMAQUANT, "layer_mse", methods.UNIFORM}
        assert [each.mean_bits for each in figures.points[stage][methods.UNIFORM]] == [2, 8]
    untrained = figures.points[UNTRAINED]
    assert {each.qat_epochs for points in untrained.values() for each in points} == {0}
    metrics = {each.metric for each in figures.sensitivity}
    assert {"output_kl", "weight_mse", "raw_sigma", "folded_sigma"} <= metrics
    assert len(metrics) == 10
    assert figures.layer_losses.keys() == main[0].bits.keys()
    assert "modelopt is left out" in page.page()


def test_fewer_seeds_are_fewer_steps(house: Path, plan: Plan):
    def steps(seeds: str) -> list[str]:
        configuration = benchmark_command.base(asked(house, seeds), plan)
        places = benchmark_command.places(configuration, plan)
        return [step.name for place in places for step in (*place.steps, *place.integers)]

    few, all_of_them = steps("1"), steps("1,2")
    assert len(set(all_of_them)) == len(all_of_them)
    more = set(all_of_them) - set(few)
    assert more == {
        *(f"{kind}-main-3.2bits-sigmaquant-seed2" for kind in ("point", "integers")),
        *(f"point-comparison-2.5bits-{name}-seed2" for name in PAIR),
    }


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"seeds": "2,3"}, "--seeds: must hold seed 1, which every comparison has, and"),
        ({"seeds": "1,1"}, "--seeds: must hold seed 1"),
        ({"jobs": "0"}, "--jobs: input should be greater than or equal to 1"),
    ],
)
def test_wrong_flags_are_named(flags: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        BenchmarkConfiguration.load(flags)


def test_the_command_of_the_record_has_no_folders(tmp_path: Path, plan: Plan):
    given = BenchmarkConfiguration(
        weights=tmp_path / "net.npz", data=f"cifar10:{tmp_path / 'batches'}"
    )
    assert benchmark_command.command(given, plan) == (
        "sigmaquant benchmark digits --weights net.npz --data cifar10:batches"
    )
