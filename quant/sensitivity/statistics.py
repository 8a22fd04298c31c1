"""What the search reads off the weights: sigma, and the KL divergence that quantization causes.

Sigma is the standard deviation of a layer's raw weights, before any folding of BatchNorm.

KL divergence D(p || q) of the histograms of a layer's float and quantized weights. Where the paper
is open, ours: 256 equal bins over the range of both, and 1 % of q spread evenly over all bins so
that empty ones do not make it infinite. Sensitivity is the KL at the layer's bits over its KL at 8
bits, the plain reading of the paper's normalisation. Both quantize with freshly searched steps,
not the learned ones, also ours: the divergence is then the width's alone.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quant.fake_quantize import WeightQuantizer
from quant.integer_network import MAX_BITS

BINS = 256
UNIFORM_SHARE = 0.01


def sigma(weight: Tensor) -> float:
    """Return the standard deviation of all weights of a layer."""
    return float(weight.double().std(correction=0))


def weight_kl(weight: Tensor, bits: int) -> float:
    """Return D(p || q) in nats between `weight` float32[O, ...] and the same at `bits`."""
    quantizer = WeightQuantizer("statistics", weight, bits)
    with torch.no_grad():
        quantized = quantizer(weight)
    return histogram_kl(weight.flatten().double().numpy(), quantized.flatten().double().numpy())


def sensitivity(weight: Tensor, bits: int) -> float:
    """Return the layer's KL at `bits` over its KL at 8 bits; 1 at 8 bits, larger below."""
    reference = weight_kl(weight, MAX_BITS)
    return weight_kl(weight, bits) / reference if reference > 0 else 1.0


def histogram_kl(values: NDArray[np.float64], quantized: NDArray[np.float64]) -> float:
    """Return D(p || q) in nats of the two samples' histograms on common bins."""
    low = min(values.min(), quantized.min())
    high = max(values.max(), quantized.max())
    if low == high:
        return 0.0
    p = np.histogram(values, BINS, (low, high))[0] / len(values)
    q = np.histogram(quantized, BINS, (low, high))[0] / len(quantized)
    q = (1 - UNIFORM_SHARE) * q + UNIFORM_SHARE / BINS
    filled = p > 0
    return float(np.sum(p[filled] * np.log(p[filled] / q[filled])))
