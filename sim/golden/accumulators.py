"""The 32-bit accumulators of layers with weights, before requantization.

The sums run through BLAS in floating point and are exact all the same. Let `S` be the largest
`255 * sum(|weight|)` of an output channel. Every product of a code and a weight, and every partial
sum in whatever order, blocking or fusing BLAS chooses, is an integer of magnitude at most `S`.
float32 represents all integers up to 2**24 and float64 all up to 2**53, so with `S` within that
bound no operation rounds. float32 serves where it can, float64 elsewhere; `S` would need 2**38
inputs per channel to pass 2**53. The bias is added afterwards in int64.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import Conv2d, Linear, MacLayer
from sim.golden.windows import windows

MAX_CODE = 255
EXACT_FLOAT32 = 2**24


def conv2d_accumulators(
    layer: Conv2d, codes: NDArray[np.uint8], zero_point: int
) -> NDArray[np.int32]:
    """int32[N, O, OH, OW] of a valid `layer` for `codes` uint8[N, C, H, W].

    `zero_point` is the input tensor's and fills the padding.
    """
    patches = windows(codes, layer.kernel, layer.stride, layer.padding, zero_point)
    count, _, height, width = patches.shape[:4]
    outputs, reduction = layer.weight.shape[0], prod(layer.weight.shape[1:])
    weight = layer.weight.reshape(layer.groups, outputs // layer.groups, reduction)
    # One product per group for the whole batch: channel and kernel first, then image and position.
    columns = patches.transpose(1, 4, 5, 0, 2, 3).astype(_exact_dtype(weight), order="C")
    columns = columns.reshape(layer.groups, reduction, count * height * width)
    sums = np.matmul(weight.astype(columns.dtype), columns)
    sums = sums.reshape(outputs, count, height, width).swapaxes(0, 1)
    return _add_bias(sums, layer.bias[:, None, None])


def linear_accumulators(layer: Linear, codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """int32[N, O] of a valid `layer` for `codes` uint8[N, ...], flattened in C order."""
    dtype = _exact_dtype(layer.weight)
    features = codes.reshape(len(codes), -1).astype(dtype)
    return _add_bias(features @ layer.weight.T.astype(dtype), layer.bias)


def mac_accumulators(
    layer: MacLayer, codes: NDArray[np.uint8], zero_point: int
) -> NDArray[np.int32]:
    """Accumulators of either kind of `layer`; `zero_point` is the input tensor's."""
    if isinstance(layer, Conv2d):
        return conv2d_accumulators(layer, codes, zero_point)
    return linear_accumulators(layer, codes)


def _exact_dtype(weight: NDArray[np.int8]) -> type[np.float32] | type[np.float64]:
    rows = np.abs(weight.astype(np.int64)).reshape(-1, weight.shape[-1])
    return np.float32 if MAX_CODE * rows.sum(axis=1).max() <= EXACT_FLOAT32 else np.float64


def _add_bias(sums: NDArray[np.floating], bias: NDArray[np.int32]) -> NDArray[np.int32]:
    # A valid layer's accumulators fit int32, so narrowing the int64 total loses nothing.
    return (sums.astype(np.int64) + bias).astype(np.int32, order="C")
