"""The benchmark from end to end: a plan of the same shape on the digits, with hardly any training."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from sigmaquant import benchmark, benchmark_command, cli, methods, readme, resnet20_record
from sigmaquant.benchmark_config import BenchmarkConfiguration
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError
from sigmaquant.report import resnet20_pictures
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, UNTRAINED, Plan

MARKS = (
    "<!-- figures: sigmaquant readme --write -->\n<!-- end of figures -->\n"
    "<!-- resnet20: sigmaquant readme --write -->\n<!-- end of resnet20 -->\n"
)


@pytest.fixture
def plan() -> Plan:
    """Two targets, one rival, one step of training."""
    kept = {
        MAIN: {"seeds": (1, 2), "epochs": 0.1},
        COMPARISON: {"methods": (methods.SIGMAQUANT, "layer_mse"), "uniform": (2, 8), "epochs": 0},
        UNTRAINED: {"methods": (methods.SIGMAQUANT, "layer_mse"), "uniform": (2, 8)},
    }
    stages = tuple(
        replace(stage, search_steps=min(stage.search_steps, 1), search_rounds=0, **kept[stage.name])
        for stage in PLAN.stages
    )
    return replace(PLAN, network="digits", targets=PLAN.targets[:2], stages=stages, code_images=4)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(resnet20_pictures, "PICTURES", tmp_path / "docs" / "resnet20")
    return tmp_path


def asked(folder: Path, seeds: str) -> BenchmarkConfiguration:
    flags = {"weights": None, "data": "digits", "seeds": seeds, "jobs": "1"}
    return BenchmarkConfiguration.load(flags | {"build": str(folder / "build")})


def test_the_plan_becomes_a_record_with_pictures(
    house: Path, plan: Plan, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    console = Console(RichConsole(width=100))
    benchmark_command.run(asked(house, "1,2"), plan, console, fresh=False)
    shown = capsys.readouterr().out
    assert "accuracy drop at 2.5 bits" in shown
    record, figures = resnet20_record.read()
    assert record["command"] == "sigmaquant benchmark digits --data digits --seeds 1,2"
    monkeypatch.setattr(readme, "README", house / "README.md")
