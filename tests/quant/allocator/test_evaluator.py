from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from quant.allocator.evaluator import Evaluator
from quant.data import Splits
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
