"""The range of every accumulator, proved from the weights."""

import numpy as np
from numpy.typing import NDArray

from quant.integer_network.layers import AveragePool, MacLayer

MAX_CODE = 255


def accumulator_bounds(
    layer: MacLayer | AveragePool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Smallest and largest accumulator, int64[channels] each, over all inputs of codes 0..255.

    Both ends are reached: each positive weight (for the largest; negative for the smallest) meets
    code 255 and every other meets code 0. Starting from the bias, every partial sum in any order
    stays inside the same bounds, as each term moves the sum towards one end only.
    An average pool has one channel and weights of one.
    """
    if isinstance(layer, AveragePool):
        top = layer.bias + MAX_CODE * layer.kernel[0] * layer.kernel[1]
        return np.array([layer.bias], dtype=np.int64), np.array([top], dtype=np.int64)
    weight = layer.weight.reshape(layer.weight.shape[0], -1).astype(np.int64)
    bias = layer.bias.astype(np.int64)
    low = bias + MAX_CODE * np.minimum(weight, 0).sum(axis=1)
    high = bias + MAX_CODE * np.maximum(weight, 0).sum(axis=1)
    return low, high
