"""The modules of a quantized network: one layer of the graph each, ending in its quantizer."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from quant.fake_quantize import ActivationQuantizer, WeightQuantizer
from quant.graph import (
    AveragePoolLayer,
    MacGraphLayer,
    MaxPoolLayer,
    Rectifier,
    SubsampleLayer,
)

# BatchNorm gains are kept at this share of the layer's largest at least: a gain of zero would
# leave an integer bias without a scale, and what it multiplies cannot be seen in 8 bits anyway.
_GAIN_FLOOR = 1e-5


class MacUnit(nn.Module):
    """A convolution or linear layer with quantized weights, BatchNorm unfolded, and a rectifier.

    BatchNorm gains are positive: where the trained one is negative, the channel's weights, its
    convolution bias and running mean change sign with it, which leaves the function exactly the
    same. Folding a positive gain into the step leaves the weight codes as they are.
    """

    def __init__(
        self,
        layer: MacGraphLayer,
        mac: nn.Conv2d | nn.Linear,
        norm: nn.BatchNorm2d | None,
        quantizer: ActivationQuantizer,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.mac = mac
        self.norm = norm
        self.rectifier = layer.rectifier
        self.quantizer = quantizer
        if norm is not None:
            _make_affine(norm, mac.weight.device)
            _make_gains_positive(mac, norm)
        self.weight_quantizer = WeightQuantizer(layer.name, mac.weight)
        parametrize.register_parametrization(mac, "weight", self.weight_quantizer)

    @property
    def float_weight(self) -> Tensor:
        """The float weights behind the quantized ones, float32[O, ...]."""
        lists = cast(nn.ModuleDict, self.mac.parametrizations)
        return cast(Tensor, lists["weight"].original)

    def set_bits(self, bits: int) -> None:
        """Give the weights `bits`; the steps are chosen anew where that is a change."""
        if bits != self.weight_quantizer.bits:
            self.weight_quantizer.resize(self.float_weight, bits)

    @torch.no_grad()
    def project(self) -> None:
        """Keep steps and BatchNorm gains positive; to be called after every optimizer step."""
        self.weight_quantizer.project()
        if self.norm is not None:
            _keep_positive(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output tensor on its grid."""
        if isinstance(self.mac, nn.Linear):
            x = x.flatten(1)
        x = self.mac(x)
        if self.norm is not None:
            x = self.norm(x)
        return self.quantizer(rectify(x, self.rectifier))


class AddUnit(nn.Module):
    """The sum of two tensors and its rectifier."""

    def __init__(self, rectifier: Rectifier | None, quantizer: ActivationQuantizer) -> None:
        super().__init__()
        self.rectifier = rectifier
        self.quantizer = quantizer

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the sum on its grid."""
        return self.quantizer(rectify(a + b, self.rectifier))


class AveragePoolUnit(nn.Module):
    """The mean over windows and its rectifier."""

    def __init__(self, layer: AveragePoolLayer, quantizer: ActivationQuantizer) -> None:
        super().__init__()
        self.layer = layer
        self.quantizer = quantizer

    def forward(self, x: Tensor) -> Tensor:
        """Return the means on their grid, float32[N, C, H', W']."""
        x = F.avg_pool2d(x, self.layer.kernel, self.layer.stride)
        return self.quantizer(rectify(x, self.layer.rectifier))


class MaxPoolUnit(nn.Module):
    """The maximum over windows: a choice among codes, so it needs no quantizer of its own."""

    def __init__(self, layer: MaxPoolLayer) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the maxima, float32[N, C, H', W']."""
        return F.max_pool2d(x, self.layer.kernel, self.layer.stride, self.layer.padding)


class SubsampleUnit(nn.Module):
    """Every stride-th row and column, and channels of zeros: codes that are there, no quantizer."""

    def __init__(self, layer: SubsampleLayer) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Return float32[N, C + new channels, ceil(H / stride), ceil(W / stride)]."""
        rows, columns = self.layer.stride
        channels = (self.layer.channels_before, self.layer.channels_after)
        return F.pad(x[:, :, ::rows, ::columns], (0, 0, 0, 0, *channels))


def rectify(x: Tensor, rectifier: Rectifier | None) -> Tensor:
    """Return min(max(x, 0), ceiling), or `x` itself without a rectifier."""
    if rectifier is None:
        return x
    if rectifier.ceiling == float("inf"):
        return F.relu(x)
    return F.hardtanh(x, 0.0, rectifier.ceiling)


def _make_affine(norm: nn.BatchNorm2d, device: torch.device) -> None:
    if not norm.affine:
        norm.affine = True
        norm.weight = nn.Parameter(torch.ones(norm.num_features, device=device))
        norm.bias = nn.Parameter(torch.zeros(norm.num_features, device=device))


@torch.no_grad()
def _make_gains_positive(mac: nn.Conv2d | nn.Linear, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None
    sign = torch.where(norm.weight < 0, -1.0, 1.0)
    mac.weight.mul_(sign.reshape(-1, *[1] * (mac.weight.dim() - 1)))
    if mac.bias is not None:
        mac.bias.mul_(sign)
    norm.running_mean.mul_(sign)
    norm.weight.mul_(sign)
    _keep_positive(norm.weight)


def _keep_positive(gains: Tensor) -> None:
    gains.clamp_(min=_GAIN_FLOOR * max(float(gains.max()), _GAIN_FLOOR))
