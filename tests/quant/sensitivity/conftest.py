"""The small network with float weights at 8 bits, and images to judge it on."""

import pytest
import torch
from torch import nn

from quant.calibrate import calibrate
from quant.data import Splits
from quant.model import QuantizedModel, prepare
from quant.sensitivity import Context


@pytest.fixture
def context(small_model: QuantizedModel, small_data: Splits) -> Context:
    train = small_data.train
    images, labels = torch.from_numpy(train.images[:160]), torch.from_numpy(train.labels[:160])
    return Context(small_model, images, labels, (2, 3, 4, 8))


@pytest.fixture
def linear() -> Context:
    """A single layer of 3 x 4 weights on 20 images of 4 pixels."""
    draws = torch.Generator().manual_seed(3)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws))
    images = torch.randn(20, 1, 2, 2, generator=draws)
    labels = torch.randint(0, 3, (20,), generator=draws)
    model = prepare(network.eval(), images[:1])
    calibrate(model, images.numpy())
    return Context(model, images, labels, (2, 5))
