"""The allocate command from end to end: somebody's own network and images, all kinds of budgets."""

import json
from pathlib import Path

import numpy as np
import pytest

from quant.integer_network import load
from sigmaquant import cli

NETWORK = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.relu(self.first(x))
        x = torch.relu(x + self.second(x))
        return self.last(x.mean((2, 3)))
"""
COUNTS = {"first": 72, "second": 144, "last": 12}


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The command with everything but its budgets."""
    rng = np.random.default_rng(1)
    (tmp_path / "net.py").write_text(NETWORK)
    arrays = {}
    for part in ("train", "validation", "test"):
        arrays[f"{part}_images"] = rng.normal(size=(24, 2, 5, 5)).astype(np.float32)
        arrays[f"{part}_labels"] = rng.integers(0, 3, 24)
    np.savez(tmp_path / "data.npz", **arrays)
    return [
        *("allocate", "--network", f"{tmp_path / 'net.py'}:Net"),
        *("--data", f"arrays:{tmp_path / 'data.npz'}", "--build", str(tmp_path / "build")),
        *("--array", "tiny", "--baseline", "tiny_int8", "--seeds", "1", "--jobs", "1"),
        *("--accuracy-drop", "0.9", "--search-steps", "1", "--epochs", "1"),
    ]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]):
    """Runs the command and returns what it says, in single spaces."""

    def run(words: list[str], code: int = 0) -> str:
        assert cli.main(words) == code
        captured = capsys.readouterr()
        return " ".join((captured.out + captured.err).split())

    return run


def bits(tmp_path: Path) -> dict[str, int]:
    network = load(tmp_path / "build" / "networks" / "seed1")
    return {layer.name: layer.bits for layer in network.mac_layers}


def test_a_network_of_one_s_own_is_allocated_and_told(tmp_path: Path, words: list[str], shown):
    text = shown([*words, "--size-ratio", "0.5", "--pin", "last=8"])
    found = bits(tmp_path)
    assert found["last"] == 8
    size = sum(COUNTS[name] * width for name, width in found.items()) / 8
    assert size <= 0.5 * sum(COUNTS.values())
    assert f"seed 1: weight size {size:g} bytes 114 bytes yes" in text
    assert "seed 1: cycles on tiny " in text
    assert "seed 1: accuracy drop " in text


def test_evaluations_are_shared_and_stored_results_found(tmp_path: Path, words: list[str], shown):
    shown([*words, "--size-ratio", "0.5"])
    first = {path.name for path in (tmp_path / "build" / "evaluations").glob("*.json")}
    assert first
    text = shown([*words, "--size-ratio", "0.5"])
    assert "✓" not in text
    shown([*words, "--size-ratio", "0.4"])
    both = {path.name for path in (tmp_path / "build" / "evaluations").glob("*.json")}
    assert first < both
    shown([*words, "--size-ratio", "0.4", "--fresh"])
    again = {path.name for path in (tmp_path / "build" / "evaluations").glob("*.json")}
    assert not first <= again


def test_cycles_and_ties_are_kept(tmp_path: Path, words: list[str], shown):
    text = shown([*words, "--cycles", "900", "--tie", "coupled", "--widths", "2,4,8"])
    found = bits(tmp_path)
    assert found["first"] == found["second"]
    assert " 900 cycles yes" in text


def test_all_budgets_hold_together(tmp_path: Path, words: list[str], shown):
    table = {
        "format": "sigmaquant-cost-table",
        "version": 1,
        "array": "tiny",
        "fj_per_mac": {"2": 2.0, "3": 3.0, "4": 4.0},
        "method": "made up",
    }
    (tmp_path / "energy.json").write_text(json.dumps(table))
    budgets = [
        *("--size-ratio", "0.45", "--weight-bytes", "100", "--cycles", "800"),
        *("--bops", "150000", "--energy-nj", "0.02"),
    ]
    others = ["--widths", "2,4", "--pin", "last=3", "--cost-table", str(tmp_path / "energy.json")]
    text = shown([*words, *budgets, *others])
    assert set(bits(tmp_path).values()) <= {2, 3, 4}
    units = ("% yes", "bytes yes", "BOPs yes", "nJ yes", "cycles yes")
    told = text.replace("\N{NO-BREAK SPACE}", " ")
    assert [told.count(f" {unit}") for unit in units] == [1, 2, 1, 1, 1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--cycles", "5"], "cycles on tiny of 5 cycles is out of reach: the least is "),
        (["--pin", "third=8"], "layer 'third' is pinned but does not exist; choose from "),
        (["--tie", "first+third"], "layer 'third' is tied but does not exist"),
        (["--data", "arrays:none.npz"], "none.npz: no such file"),
        (["--weights", "none.pt"], "none.pt: no such file"),
        (["--qat", "rate=-1"], "qat.rate must be positive, not -1"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(words: list[str], shown, flags, message: str):
    assert f"sigmaquant: error: {message}" in shown([*words, *flags], code=1)


def test_a_record_is_of_the_digits_alone(words: list[str], shown):
    text = shown(["demo", *words[1:], "--record"], code=1)
    assert text == "sigmaquant: error: --record: the README's record is of the network digits alone"
