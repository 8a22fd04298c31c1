import copy

import torch
from torch import nn

from quant.fake_quantize import ActivationQuantizer
from quant.graph import ConvLayer, Rectifier
from quant.units import MacUnit, rectify


def conv_layer() -> ConvLayer:
    return ConvLayer(name="conv", input="x", module="conv", stride=(1, 1), padding=(1, 1), groups=1)


def pair(gains: list[float]) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    torch.manual_seed(2)
    conv, norm = nn.Conv2d(3, len(gains), 3, padding=1), nn.BatchNorm2d(len(gains))
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(gains))
        norm.running_mean = torch.randn(len(gains))
        norm.running_var = torch.rand(len(gains)) + 0.1
    return conv.eval(), norm.eval()


def test_negative_gains_change_sign_with_weights_mean_and_bias_exactly() -> None:
    conv, norm = pair([1.5, -0.7, -2.0, 0.3])
    x = torch.randn(2, 3, 8, 8)
    expected = copy.deepcopy(norm)(copy.deepcopy(conv)(x))
    unit = MacUnit(conv_layer(), conv, norm, ActivationQuantizer("conv")).eval()
    unit.weight_quantizer.enabled = False
    assert (norm.weight > 0).all()
    assert torch.equal(unit(x), expected)


def test_training_mode_is_unchanged_too() -> None:
    conv, norm = pair([1.5, -0.7])
    x = torch.randn(4, 3, 8, 8)
    expected = copy.deepcopy(norm).train()(copy.deepcopy(conv)(x))
    unit = MacUnit(conv_layer(), conv, norm, ActivationQuantizer("conv")).train()
    unit.weight_quantizer.enabled = False
    assert torch.equal(unit(x), expected)


def test_gains_stay_above_a_floor_that_cannot_be_seen() -> None:
    conv, norm = pair([1.0, 0.0])
    unit = MacUnit(conv_layer(), conv, norm, ActivationQuantizer("conv"))
    assert 0 < float(norm.weight.detach()[1]) <= 1e-5
    with torch.no_grad():
        norm.weight[0] = -3.0
        norm.weight[1] = 2.0
        unit.weight_quantizer.step[0] = -1.0
    unit.project()
    assert 0 < float(norm.weight.detach()[0]) <= 2e-5
    assert (unit.weight_quantizer.step > 0).all()


def test_gains_stay_positive_when_a_whole_layer_turns_negative() -> None:
    conv, norm = pair([1.0, 0.5])
    unit = MacUnit(conv_layer(), conv, norm, ActivationQuantizer("conv"))
    with torch.no_grad():
        norm.weight.fill_(-0.5)
    unit.project()
    assert (norm.weight > 0).all()


def test_a_norm_without_gains_gets_ones() -> None:
    conv, norm = nn.Conv2d(3, 2, 3, padding=1).eval(), nn.BatchNorm2d(2, affine=False).eval()
    x = torch.randn(2, 3, 8, 8)
    expected = norm(conv(x))
    unit = MacUnit(conv_layer(), conv, norm, ActivationQuantizer("conv")).eval()
    unit.weight_quantizer.enabled = False
    assert torch.allclose(unit(x), expected, atol=1e-6)


def test_rectifiers() -> None:
    x = torch.tensor([-1.0, 3.0, 7.0])
    assert rectify(x, None) is x
    assert rectify(x, Rectifier()).tolist() == [0.0, 3.0, 7.0]
    assert rectify(x, Rectifier(ceiling=6.0)).tolist() == [0.0, 3.0, 6.0]
