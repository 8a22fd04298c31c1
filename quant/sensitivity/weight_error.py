"""The squared error of quantized weights: the simplest score, and no data."""

from torch import Tensor

from quant.sensitivity.context import Context, Scores, quantized


def weight_error(context: Context) -> Scores:
    """Return sum((w - q(w))^2) / sum(w^2) of each layer: noise over signal; 0 for zero weights."""

    def damage(weight: Tensor, bits: int) -> float:
        norm = float(weight.double().square().sum())
        return squared_error(weight, bits) / norm if norm else 0.0

    return context.score(damage)


def weight_mse(context: Context) -> Scores:
    """Return the mean of (w - q(w))^2 over the weights of each layer."""
    return context.score(lambda weight, bits: squared_error(weight, bits) / weight.numel())


def squared_error(weight: Tensor, bits: int) -> float:
    """Return sum((w - q(w))^2) of a layer's weight float32[O, ...] at `bits`."""
    return float((weight - quantized(weight, bits)).double().square().sum())
