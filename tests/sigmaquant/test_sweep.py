"""The sweep from end to end on the digits, hardly trained; and what can be asked of it."""

import json
from pathlib import Path

import pytest

from sigmaquant import cli, methods, sweep
from sigmaquant.errors import ConfigurationError
from sigmaquant.sweep_config import SweepConfiguration
from sigmaquant.sweep_record import SweepRecord

QUICK = ["--search-steps", "1", "--epochs", "0.1", "--jobs", "1", "--accuracy-drop", "0.5"]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]):
    def run(words: list[str], code: int = 0) -> str:
        assert cli.main(words) == code
        captured = capsys.readouterr()
        return " ".join((captured.out + captured.err).split())

    return run


def record(build: Path) -> SweepRecord:
    return SweepRecord.model_validate(json.loads((build / "sweep.json").read_text()))


def test_sizes_methods_and_seeds_make_a_front(
    tmp_path: Path, shown, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(methods, "is_available", lambda name: name != methods.MODELOPT)
    words = ["sweep", "--sizes", "0.3,0.4", "--seeds", "1,2", "--widths", "2,8"]
    words += ["--methods", "random,sigmaquant,uniform,modelopt", "--build", str(tmp_path), *QUICK]
    text = shown(words)
    assert "note: modelopt is left out" in text
    found = record(tmp_path)
    assert found.command.startswith("sigmaquant sweep --sizes 0.3,0.4")
    assert len(found.points) == 2 * (2 + 2 + 2)
    assert [each.family for each in found.curves()] == ["sigmaquant", "random", "uniform"]
    assert [point.cost for point in found.curves()[2].points] == [0.25, 1.0]
    for point in found.points:
        assert point.method.startswith("uniform") or point.size_ratio <= (point.size_budget or 0)
    page = (tmp_path / "sweep" / "index.html").read_text()
    assert page.count("<svg") == 1
    assert "modelopt is left out: its package is not installed." in page
    assert "2 of 2" in page
    again = shown(words)
    assert "✓" not in again


def test_another_cost_takes_the_place_of_the_size(tmp_path: Path, shown):
    words = ["sweep", "--over", "bops", "--limits", "12000000,20000000", "--seeds", "1"]
    words += ["--methods", "random,uniform", "--widths", "2,8", "--build", str(tmp_path), *QUICK]
    shown(words)
    found = record(tmp_path)
    assert {point.size_budget for point in found.points} == {None}
    chosen = [point for point in found.points if point.method == "random"]
    assert [point.costs[0].limit for point in chosen] == [12e6, 20e6]
    assert all(point.costs[0].met for point in chosen)
    assert "bit operations of one image, millions" in (tmp_path / "sweep/index.html").read_text()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"over": "cycles"}, "--over cycles takes --limits, and no --sizes"),
        ({"over": "cycles", "limits": "9", "sizes": "0.3"}, "--over cycles takes --limits, and no"),
        ({"limits": "9"}, "--limits are those of a cost: name it with --over"),
        ({"size_ratio": "0.3"}, "the sweep is over --size-ratio: leave the flag itself out"),
        ({"over": "cycles", "limits": "9", "cycles": "9"}, "the sweep is over --cycles: leave"),
        ({"over": "cycles", "limits": "9.5"}, "--limits of cycles are whole numbers"),
        ({"sizes": "0.3,1.1"}, "--sizes are fractions of INT8, at most 1"),
        ({"sizes": "0"}, "--sizes: '0': input should be greater than 0"),
        ({"methods": "magic"}, "--methods: 'magic': no method 'magic'; choose from sigmaquant"),
        ({"methods": "random,random"}, "--methods: .* each method may be given once"),
        ({"over": "area", "limits": "9"}, "--over: 'area': input should be 'cycles', 'bops'"),
    ],
)
def test_wrong_flags_are_named(flags: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        SweepConfiguration.load(None, flags)


def test_a_file_may_hold_the_settings_of_a_sweep(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text("sizes = [0.3]\nseeds = [7]\n")
    assert SweepConfiguration.load(file, {}).sizes == (0.3,)
    file.write_text("size = [0.3]\n")
    with pytest.raises(ConfigurationError, match=r"no such setting; known are .*sizes, over"):
        SweepConfiguration.load(file, {})


def test_names_of_steps_are_unique():
    asked = SweepConfiguration.load(None, {"methods": "sigmaquant,uniform,random"})
    names = [step.name for step in sweep.steps(asked)]
    assert len(set(names)) == len(names) == 3 * (3 + 4 + 3)


def test_methods_that_are_all_missing_are_an_error(
    tmp_path: Path, shown, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(methods, "is_available", lambda _: False)
    text = shown(["sweep", "--methods", "modelopt", "--build", str(tmp_path)], code=1)
    assert text == "sigmaquant: error: --methods: modelopt is not installed; add others"


def test_modelopt_has_no_other_cost(tmp_path: Path, shown):
    words = ["sweep", "--methods", "modelopt", "--over", "bops", "--limits", "9"]
    text = shown([*words, "--build", str(tmp_path)], code=1)
    assert "modelopt knows no budget but the size of weights, not bops" in text
