"""The empirical Fisher information of the weights: how steep the loss is along each of them.

Around a trained optimum the Hessian is close to the Fisher information, and its diagonal weighs
the squared quantization errors (Zandonati et al., "FIT: a metric for model sensitivity", 2022).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.sensitivity.context import Context, Scores, as_float, quantized


def fisher(context: Context) -> Scores:
    """Return 1/2 sum over weights of F * (w - q(w))^2, F their mean squared gradient, in nats.

    The gradient is that of one image's cross-entropy against its label, image by image: squares of
    a batch's mean gradient would vanish with the batch. BatchNorm uses its running statistics.
    """
    units = context.model.mac_units
    information = dict(zip(units, squared_gradients(context), strict=True))
    damage: Scores = {}
    for name, unit in units.items():
        weight = unit.float_weight.detach()
        damage[name] = {
            bits: 0.5
            * float((information[name] * (weight - quantized(weight, bits)).square()).sum())
            for bits in context.widths
        }
    return damage


@torch.enable_grad()
def squared_gradients(context: Context) -> list[Tensor]:
    """Return each layer's mean over images of the squared gradient, shaped as its weight."""
    model, batches = context.model, context.batches(1)
    weights = [unit.float_weight for unit in model.mac_units.values()]
    sums = [torch.zeros_like(weight, requires_grad=False) for weight in weights]
    with as_float(model):
        for number, (image, label) in enumerate(batches):
            loss = F.cross_entropy(model(image), label)
            for total, gradient in zip(sums, torch.autograd.grad(loss, weights), strict=True):
                total.add_(gradient.square())
            context.report("Fisher information", number + 1, len(batches))
    return [total / len(batches) for total in sums]
