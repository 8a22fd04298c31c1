"""The metrics that read weights only, against their formulas."""

import pytest
import torch

from quant.model import float_weights
from quant.sensitivity import METRICS, Context, folded_sigma, raw_sigma, statistics
from quant.sensitivity.entropy import code_entropy


def error(context: Context, name: str, bits: int) -> torch.Tensor:
    """The quantization error, by way of the model's own quantizer."""
    context.model.set_bits({name: bits})
    unit = context.model.mac_units[name]
    return (unit.mac.weight - unit.float_weight).detach().double()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_weight_errors(context: Context, bits: int) -> None:
    weight = float_weights(context.model)["second"].double()
    squared = error(context, "second", bits).square()
    relative = METRICS["weight_error"](context)["second"][bits]
    assert relative == pytest.approx(float(squared.sum() / weight.square().sum()), rel=1e-6)
    mean = METRICS["weight_mse"](context)["second"][bits]
    assert mean == pytest.approx(float(squared.mean()), rel=1e-6)


def test_a_layer_of_zeros_has_no_error(context: Context) -> None:
    with torch.no_grad():
        context.model.mac_units["second"].float_weight.zero_()
    assert METRICS["weight_error"](context)["second"] == dict.fromkeys(context.widths, 0.0)


def test_weight_kl_is_that_of_the_allocator(context: Context) -> None:
    weight = float_weights(context.model)["second"]
    plain = {bits: statistics.weight_kl(weight, bits) for bits in context.widths}
    normalised = {bits: statistics.sensitivity(weight, bits) for bits in context.widths}
    assert METRICS["weight_kl"](context)["second"] == plain
    assert METRICS["weight_sensitivity"](context)["second"] == normalised


def test_entropy_counts_codes() -> None:
    weight = torch.tensor([[0.0, 0.0, 1.0, -2.0], [3.0, 3.0, 3.0, 3.0]])
    assert code_entropy(weight[:1], 2) == pytest.approx(1.5)
    assert code_entropy(weight, 2) == pytest.approx(
        0.25 * 2 + 0.125 * 3 + 0.625 * 0.678072, rel=1e-5
    )


def test_entropy_is_what_is_lost_against_8_bits(context: Context) -> None:
    weight = float_weights(context.model)["second"]
    lost = METRICS["entropy"](context)["second"]
    assert lost[8] == 0
    assert lost[3] == code_entropy(weight, 8) - code_entropy(weight, 3)


def test_sigma_before_and_after_folding(context: Context) -> None:
    unit = context.model.mac_units["first"]
    weight = float_weights(context.model)["first"]
    assert raw_sigma(context)["first"] == statistics.sigma(weight)
    assert unit.norm is not None
    x = torch.zeros(1, 4, 1, 1)
    with torch.no_grad():  # the gain is the slope of BatchNorm in eval mode
        gains = (unit.norm(x + 1) - unit.norm(x)).flatten().double()
    folded = weight.double() * gains.reshape(-1, 1, 1, 1)
    assert folded_sigma(context)["first"] == pytest.approx(statistics.sigma(folded), rel=1e-4)


def test_without_a_norm_both_sigmas_are_one(context: Context) -> None:
    assert raw_sigma(context)["classifier"] == folded_sigma(context)["classifier"]
