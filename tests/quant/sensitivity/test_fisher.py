from typing import cast

import pytest
import torch
from torch import Tensor, nn

from quant.sensitivity.context import Context, quantized
from quant.sensitivity.fisher import fisher, squared_gradients


def information(context: Context) -> Tensor:
    """The mean over images of ((p - label) x)^2, the squared gradient of a linear layer."""
    unit = next(iter(context.model.mac_units.values()))
    x = context.images.flatten(1).double()
    bias = cast(Tensor, unit.mac.bias)
    logits = (x @ unit.float_weight.double().T + bias.double()).detach()
    slopes = logits.softmax(dim=1) - nn.functional.one_hot(context.labels, 3)
    return (slopes.unsqueeze(2) * x.unsqueeze(1)).square().mean(dim=0)


def test_squared_gradients_of_a_linear_layer(linear: Context) -> None:
    (got,) = squared_gradients(linear)
    assert torch.allclose(got.double(), information(linear), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("bits", [2, 5])
def test_damage_weighs_the_squared_errors(linear: Context, bits: int) -> None:
    (name, unit), *_ = linear.model.mac_units.items()
    error = (quantized(unit.float_weight, bits) - unit.float_weight).detach().double()
    expected = 0.5 * float((information(linear) * error.square()).sum())
    assert fisher(linear)[name][bits] == pytest.approx(expected, rel=1e-4)


def test_gradients_are_taken_even_where_the_caller_switched_them_off(linear: Context) -> None:
    with torch.no_grad():
        switched_off = fisher(linear)
    assert switched_off == fisher(linear)
