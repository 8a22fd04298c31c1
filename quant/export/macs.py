"""Layers with weights as integers: codes, folded biases, requantization constants.

The accumulator of output channel o has the scale s_in * step[o] * gain[o] with BatchNorm's
gain = gamma / sqrt(variance + eps), a positive number: the weight codes stay as they were trained.
A channel that its inputs cannot move by half an output step becomes a constant, its codes zero.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from quant.errors import ExportError
from quant.export.fixed_point import MAX_CODE, code_limits, fixed_points
from quant.graph import ConvLayer
from quant.integer_network import Conv2d, Linear, Requantization, Tensor
from quant.units import MacUnit

_INT32 = np.iinfo(np.int32)
# A constant channel: its bias counts 2^-16 of an output step, and saturates beyond all codes.
_CONSTANT_FACTOR = 2.0**-16
_CONSTANT_RANGE = (-2.0 * MAX_CODE, 2.0 * MAX_CODE)


def export_mac(unit: MacUnit, tensors: dict[str, Tensor], tops: dict[str, int]) -> Conv2d | Linear:
    """Return the integer layer of `unit`; ExportError where a bias or factor does not fit.

    `tops` are the tensors' largest codes.
    """
    layer = unit.layer
    source, target = tensors[layer.input], tensors[layer.name]
    codes = unit.weight_quantizer.codes(unit.float_weight).cpu().numpy()
    gains, offsets = _folded_norm(unit)
    scales = source.scale * unit.weight_quantizer.step.detach().cpu().double().numpy() * gains
    constant = _constant_channels(codes, scales * (tops[layer.input] / target.scale))
    codes[constant] = 0
    scales[constant] = _CONSTANT_FACTOR * target.scale
    offsets[constant] = np.clip(offsets[constant] / target.scale, *_CONSTANT_RANGE) * target.scale
    multiplier, shift = fixed_points(scales / target.scale, f"layer '{layer.name}'")
    minimum, maximum = code_limits(layer.rectifier, target, tops[layer.name])
    requantization = Requantization(
        multiplier=multiplier,
        shift=shift,
        zero_point=target.zero_point,
        minimum=minimum,
        maximum=maximum,
    )
    bias = _integer_bias(layer.name, offsets / scales, codes, source.zero_point)
    bits = unit.weight_quantizer.bits
    if isinstance(layer, ConvLayer):
        return Conv2d(
            name=layer.name,
            input=layer.input,
            output=layer.name,
            weight=codes,
            bits=bits,
            bias=bias,
            stride=layer.stride,
            padding=layer.padding,
            groups=layer.groups,
            requantization=requantization,
        )
    return Linear(
        name=layer.name,
        input=layer.input,
        output=layer.name,
        weight=codes,
        bits=bits,
        bias=bias,
        requantization=requantization,
    )


@torch.no_grad()
def _folded_norm(unit: MacUnit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return gain and offset float64[O] of output = gain * (weight * input) + offset."""
    count = unit.mac.weight.shape[0]
    gains, offsets = np.ones(count), np.zeros(count)
    if unit.mac.bias is not None:
        offsets = unit.mac.bias.cpu().double().numpy()
    norm = unit.norm
    if norm is not None:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        deviation = np.sqrt(norm.running_var.cpu().double().numpy() + norm.eps)
        gains = norm.weight.cpu().double().numpy() / deviation
        means = norm.running_mean.cpu().double().numpy()
        offsets = (offsets - means) * gains + norm.bias.cpu().double().numpy()
    return gains, offsets


def _constant_channels(codes: NDArray[np.int8], steps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which channels bool[O] their inputs move by less than half an output step.

    `steps` float64[O] are output steps per weight code on the largest input. Pruned channels and
    those with a BatchNorm gain of zero are such; their scale may be too small for any bias.
    """
    sums = np.abs(codes.reshape(len(codes), -1).astype(np.int64)).sum(axis=1)
    return sums * steps < 0.5


def _integer_bias(
    name: str, offsets: NDArray[np.float64], codes: NDArray[np.int8], zero_point: int
) -> NDArray[np.int32]:
    sums = codes.reshape(len(codes), -1).sum(axis=1, dtype=np.int64)
    bias = np.rint(offsets) - zero_point * sums
    channel = int(np.argmax(np.abs(bias)))
    if not _INT32.min <= bias[channel] <= _INT32.max:
        raise ExportError(
            f"layer '{name}', channel {channel}: bias {bias[channel]:.4g} does not fit 32 bits, "
            "its weights are too small against its offset; prune the channel or train it further"
        )
    return bias.astype(np.int32)
