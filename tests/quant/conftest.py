"""A small network and a small part of the digits, shared by the tests of the room."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from quant.calibrate import calibrate
from quant.data import Split, Splits, digits
from quant.model import QuantizedModel, prepare


class SmallNet(nn.Module):
    """One of each layer: strided and residual convolutions, both pools, both rectifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU6()
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(4)
        self.classifier = nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.act(self.norm(self.first(x))))
        x = torch.relu(x + self.norm2(self.second(x)))
        return self.classifier(x.mean((2, 3)))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Networks as small as these lose time to a second thread, and much of it on busy cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def small_net() -> SmallNet:
    """A SmallNet with BatchNorm that is far from the identity, gains of both signs included."""
    torch.manual_seed(5)
    network = SmallNet()
    with torch.no_grad():
        for norm in (network.norm, network.norm2):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.weight.copy_(torch.tensor([0.9, -0.6, 1.3, -0.2]))
            norm.bias.copy_(torch.tensor([0.1, 0.4, -0.2, 0.3]))
            norm.running_mean.copy_(torch.tensor([-0.1, 0.2, 0.05, 0.0]))
            norm.running_var.copy_(torch.tensor([0.2, 0.5, 1.5, 0.1]))
    return network.eval()


@pytest.fixture(scope="session")
def small_data() -> Splits:
    """The first images of each part of the digits: 256 to train, 96 to validate, 64 to test."""
    data = digits.load()

    def first(part: Split, count: int) -> Split:
        return Split(images=part.images[:count], labels=part.labels[:count])

    return replace(
        data,
        name="small",
        train=first(data.train, 256),
        validation=first(data.validation, 96),
        test=first(data.test, 64),
    )


@pytest.fixture
def small_model(small_net: SmallNet, small_data: Splits) -> QuantizedModel:
    """The small network calibrated at mixed widths."""
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    model.set_bits({"first": 8, "second": 3, "classifier": 5})
    calibrate(model, small_data.train.images)
    return model
