from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from quant.allocator.evaluator import Evaluator
from quant.data import Split, Splits
from quant.qat import QatSettings


class Net(nn.Module):
    """Networks of one state dict whatever the stride, epsilon and rectifier."""

    def __init__(self, stride: int = 1, eps: float = 1e-5, act: nn.Module | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 4, 3, stride=stride, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=eps)
        self.act = act or nn.ReLU()
        self.last = nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.act(self.norm(self.conv(x))).mean((2, 3)))


def key(network: nn.Module, data: Splits, folder: Path) -> str:
    evaluator = Evaluator(network.eval(), data, QatSettings(), folder=folder, seed=1)
    bits = evaluator.model.bits
    return evaluator.evaluate(bits, parent=None, epochs=0, label="test").key


@pytest.mark.parametrize("other", [Net(stride=2), Net(eps=1e-3), Net(act=nn.ReLU6())])
def test_networks_of_equal_weights_and_other_architecture_share_nothing(
    small_data: Splits, tmp_path: Path, other: Net
) -> None:
    first, second = (key(network, small_data, tmp_path) for network in (Net(), other))
    assert first != second
    assert key(Net(), small_data, tmp_path) == first
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_whatever_a_result_depends_on_is_in_its_key(small_data: Splits, tmp_path: Path) -> None:
    network = Net().eval()

    def keys(
        *, qat: QatSettings | None = None, data: Splits = small_data, seed: int = 1, a_bits: int = 8
    ) -> Evaluator:
        settings = qat or QatSettings()
        return Evaluator(
            network, data, settings, folder=tmp_path, seed=seed, activation_bits=a_bits
        )

    def evaluate(
        evaluator: Evaluator, bits: int = 4, epochs: float = 0, child: bool = False
    ) -> str:
        same = dict.fromkeys(evaluator.counts, bits)
        parent = None
        if child:
            parent = evaluator.evaluate(same, parent=None, epochs=0, label="parent")
        return evaluator.evaluate(same, parent=parent, epochs=epochs, label="test").key

    shuffled = Split(
        images=small_data.train.images[::-1].copy(), labels=small_data.train.labels[::-1].copy()
    )
    found = [
        evaluate(keys()),
        evaluate(keys(), bits=5),
        evaluate(keys(), epochs=0.25),
        evaluate(keys(), child=True),
        evaluate(keys(seed=2)),
        evaluate(keys(a_bits=4)),
        evaluate(keys(qat=QatSettings(calibration=64))),
        evaluate(keys(data=replace(small_data, train=shuffled))),
    ]
    assert len(set(found)) == len(found)
    assert evaluate(keys(), epochs=0.0) == found[0]


def test_a_measurement_is_made_once_for_all_seeds_and_again_for_another_question(
    small_data: Splits, tmp_path: Path
) -> None:
    def evaluator(seed: int, heard: list[str]) -> Evaluator:
        return Evaluator(
            Net().eval(),
            small_data,
            QatSettings(),
            folder=tmp_path,
            seed=seed,
            progress=lambda label, *_: heard.append(label),
        )

    first, again, other = [], [], []
    scores = evaluator(1, first).sensitivity("output_kl", widths=(2, 8), images=16)
    assert evaluator(2, again).sensitivity("output_kl", widths=(2, 8), images=16) == scores
    assert evaluator(1, other).sensitivity("output_kl", widths=(2, 8), images=32) != scores
    assert first
    assert not again
    assert other
    assert list(scores["conv"]) == [2, 8]


def test_narrow_activations_are_kept_through_storage(small_data: Splits, tmp_path: Path) -> None:
    evaluator = Evaluator(
        Net().eval(), small_data, QatSettings(), folder=tmp_path, seed=1, activation_bits=5
    )
    bits = dict.fromkeys(evaluator.counts, 4)
    evaluation = evaluator.evaluate(bits, parent=None, epochs=0.25, label="test")
    loaded = evaluator.load(evaluation)
    assert loaded.activation_bits == {"input": 8} | dict.fromkeys(
        [name for name in loaded.activation_bits if name != "input"], 5
    )
