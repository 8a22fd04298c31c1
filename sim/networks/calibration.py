"""Random weights, and requantization constants that spread a layer's codes over 0..255."""

from dataclasses import replace
from math import frexp

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import MacLayer, weight_range
from quant.integer_network.layers import Shape
from sim.golden.windows import windows

CODE_DEVIATION = 60.0  # aimed at for each channel's codes: wide, with a few saturated
LARGEST_AVERAGE = 230.0  # code that the largest average of the calibration images becomes


def random_weight(rng: np.random.Generator, shape: Shape, bits: int) -> NDArray[np.int8]:
    """Uniform weights over the full range of `bits`, both ends included at least once each."""
    low, high = weight_range(bits)
    weight = rng.integers(low, high + 1, size=shape, dtype=np.int8)
    ends = rng.choice(weight.size, size=2, replace=False)
    weight.flat[ends] = (low, high)
    return weight


def fixed_point(real: float) -> tuple[int, int]:
    """Multiplier in 32768..65535 and shift: `multiplier / 2**shift` is nearest to `real`."""
    fraction, exponent = frexp(real)
    multiplier = round(fraction * 2**16)
    if multiplier == 2**16:
        multiplier, exponent = 2**15, exponent + 1
    return multiplier, 16 - exponent


def calibrated(layer: MacLayer, sums: NDArray[np.int32], rng: np.random.Generator) -> MacLayer:
    """`layer` with bias and multipliers that centre and spread each channel's codes.

    sums: its accumulators without bias for some images, [image, channel, ...].
    """
    rows = sums.swapaxes(0, 1).reshape(len(layer.bias), -1).astype(np.float64)
    centre = rows.mean(axis=1) + rng.uniform(-0.5, 0.5, len(rows)) * rows.std(axis=1)
    scales = CODE_DEVIATION / (rows.std(axis=1) + 1.0)
    pairs = np.array([fixed_point(scale) for scale in scales])
    constants = replace(
        layer.requantization,
        multiplier=pairs[:, 0].astype(np.uint16),
        shift=pairs[:, 1].astype(np.uint8),
    )
    return replace(layer, bias=-np.rint(centre).astype(np.int32), requantization=constants)


def average_scale(codes: NDArray[np.uint8], kernel: tuple[int, int]) -> float:
    """Factor that brings the largest sum of a `kernel` of `codes`, [image, ...], near the top."""
    sums = windows(codes, kernel, (1, 1)).sum(axis=(4, 5), dtype=np.int64)
    return LARGEST_AVERAGE / float(max(1, sums.max()))
