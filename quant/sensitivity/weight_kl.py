"""The divergence of a layer's weight histogram, plain and normalised as SigmaQuant does it."""

from torch import Tensor

from quant.sensitivity import statistics
from quant.sensitivity.context import Context, Scores


def weight_kl(context: Context) -> Scores:
    """Return D(float || quantized) in nats of the histograms of each layer's weights."""

    def damage(weight: Tensor, bits: int) -> float:
        return statistics.weight_kl(weight.cpu(), bits)

    return context.score(damage)


def weight_sensitivity(context: Context) -> Scores:
    """Return the same over the layer's divergence at 8 bits (Liu et al., 2026, phase 2)."""

    def damage(weight: Tensor, bits: int) -> float:
        return statistics.sensitivity(weight.cpu(), bits)

    return context.score(damage)
