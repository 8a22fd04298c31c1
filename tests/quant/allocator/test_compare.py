import sys
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from quant.allocator import METHODS, AllocatorSettings, rival, uniform
from quant.allocator.evaluator import Evaluation, Evaluator
from quant.data import Splits
from quant.errors import QuantError, SettingsError
from quant.networks.digits import load_pretrained
from quant.qat import QatSettings

SHORT = AllocatorSettings(
    size=0.4,
    widths=(2, 3, 4, 6, 8),
    search_steps=4,
    proof_steps=0,
    final_epochs=1,
    sensitivity_images=8,
    qat=QatSettings(batch=128),
)
SCORED = [method for method in METHODS if method != "modelopt"]


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return load_pretrained()


def test_uniform_rivals_train_alike(network: nn.Module, small_data: Splits, tmp_path: Path) -> None:
    settings = replace(SHORT, search_steps=16, final_epochs=1)
    trained = uniform(network, small_data, 4, settings, folder=tmp_path / "first", seed=1)
    assert trained.size_ratio == 0.5
    assert trained.qat_epochs == 9
    assert trained.accuracy.validation >= 0.9
    again = uniform(network, small_data, 4, settings, folder=tmp_path / "again", seed=1)
    assert replace(again, cpu_seconds=0.0) == replace(trained, cpu_seconds=0.0)


@pytest.mark.parametrize(
    ("divergences", "kept"),
    [([0.1, 0.2, 0.3], 0), ([0.3, 0.1, 0.2], 1), ([0.3, 0.2, 0.1], 2), ([0.1, 0.1, 0.1], 2)],
)
def test_uniform_keeps_what_diverges_least_of_its_trainings(
    network: nn.Module,
    small_data: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    divergences: list[float],
    kept: int,
) -> None:
    def evaluate(
        _: Evaluator, bits: dict[str, int], *, parent: Evaluation | None, epochs: float, label: str
    ) -> Evaluation:
        assert label == "uniform 4 bits"
        place = int(parent.key) + 1 if parent else 0
        return Evaluation(
            key=f"{place}",
            bits=bits,
            accuracy=1 - place / 10,  # of no account
            divergence=divergences[place],
            size_ratio=0.5,
            epochs=epochs,
            seconds=0.0,
        )

    monkeypatch.setattr(Evaluator, "evaluate", evaluate)
    monkeypatch.setattr(Evaluator, "accuracy", lambda _, evaluation, __: evaluation.accuracy)
    settings = replace(SHORT, proof_steps=8)
    trained = uniform(network, small_data, 4, settings, folder=tmp_path, seed=1)
    assert trained.evaluation == f"{kept}"
    assert trained.divergence == divergences[kept]
    assert trained.accuracy.test == trained.accuracy.validation == 1 - kept / 10
    assert trained.qat_epochs == 7


def test_nothing_is_proven_where_nothing_is_trained(
    network: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    settings = replace(SHORT, search_steps=0, proof_steps=8, final_epochs=0)
    trained = uniform(network, small_data, 4, settings, folder=tmp_path, seed=1)
    assert trained.qat_epochs == 0


@pytest.mark.parametrize("method", SCORED)
def test_rivals_stay_within_the_budget_and_train_alike(
    network: nn.Module, small_data: Splits, tmp_path: Path, method: str
) -> None:
    trained = rival(network, small_data, method, SHORT, folder=tmp_path, seed=1)
    assert 0.25 < trained.size_ratio <= 0.4
    assert len(set(trained.bits.values())) > 1
    assert trained.qat_epochs == 3
    again = rival(network, small_data, method, SHORT, folder=tmp_path, seed=1)
    assert again == trained


def test_random_rivals_differ_by_seed(
    network: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    bits = [
        rival(network, small_data, "random", SHORT, folder=tmp_path, seed=seed).bits
        for seed in (1, 2)
    ]
    assert bits[0] != bits[1]


def test_an_unknown_rival(network: nn.Module, small_data: Splits, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no rival 'luck'; choose from \['entropy', "):
        rival(network, small_data, "luck", SHORT, folder=tmp_path, seed=1)


def test_modelopt_where_it_is_missing(
    network: nn.Module, small_data: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "modelopt", None)
    with pytest.raises(QuantError, match="pip install sigmaquant\\[rivals\\]"):
        rival(network, small_data, "modelopt", SHORT, folder=tmp_path, seed=1)
