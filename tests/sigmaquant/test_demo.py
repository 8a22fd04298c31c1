"""The real thing, small: every room in one run, on the smallest engine."""

import json
from pathlib import Path

import pytest

from sigmaquant import cli
from sigmaquant.summary import Summary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_demo_runs_to_its_report_and_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["demo", "--seeds", "1", "--array", "tiny", "--baseline", "tiny_int8"]
    words += ["--build", str(tmp_path)]
    assert cli.main(words) == 0
    summary = Summary.model_validate(json.loads((tmp_path / "summary.json").read_text()))
    assert all(layer.bit_exact for layer in summary.layers)
    assert all(layer.cycles_model == layer.cycles_simulated for layer in summary.layers)
    assert summary.allocated[0].met
    page = (tmp_path / "report" / "index.html").read_text()
    capsys.readouterr()

    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    steps = [line for line in shown.splitlines() if line.startswith(("=", "✓", "·"))]
    assert steps
    assert all(line.startswith("=") for line in steps)
    assert (tmp_path / "report" / "index.html").read_text() == page
