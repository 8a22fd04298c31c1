"""Layers of torch.nn made anew from the tensors that an export stores."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def convolution(
    weight: Tensor, bias: Tensor | None, *, stride: Any, padding: Any, dilation: Any, groups: int
) -> nn.Conv2d:
    """Return a Conv2d with `weight` [O, I/groups, H, W] and `bias` [O]."""
    layer = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),  # pyright: ignore[reportArgumentType]
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias is not None,
        device="meta",
    )
    _fill(layer, {"weight": weight, "bias": bias})
    return layer


def linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """Return a Linear with `weight` [O, I] and `bias` [O]."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    _fill(layer, {"weight": weight, "bias": bias})
    return layer


def batch_norm(
    weight: Tensor | None, bias: Tensor | None, mean: Tensor, variance: Tensor, *, eps: float
) -> nn.BatchNorm2d:
    """Return a BatchNorm2d with all of these [C]; without `weight` it is not affine."""
    layer = nn.BatchNorm2d(mean.shape[0], eps=eps, affine=weight is not None, device="meta")
    _fill(layer, {"weight": weight, "bias": bias})
    layer.running_mean, layer.running_var = mean.clone(), variance.clone()
    layer.num_batches_tracked = torch.tensor(0)
    return layer


def _fill(layer: nn.Module, values: Mapping[str, Tensor | None]) -> None:
    """Give `layer`, made without memory, copies of `values` as its parameters."""
    for name, value in values.items():
        if value is not None:
            setattr(layer, name, nn.Parameter(value.detach().clone()))
