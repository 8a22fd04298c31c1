"""The trace of the loss's Hessian by layer: how curved the loss is along its weights.

Source: Dong et al., "HAWQ-V2: Hessian aware trace-weighted quantization of neural networks", 2020.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.determinism import generator
from quant.sensitivity.context import Context, Scores, as_float
from quant.sensitivity.weight_error import squared_error

# For one product's cost a small batch gives as many more probes, which is worth more than images.
_BATCH = 8


def hessian(context: Context, *, probes: int = 4, seed: int = 0) -> Scores:
    """Return mean trace * ||w - q(w)||^2, the Omega of HAWQ-V2's equation for a layer.

    The mean trace is the trace over the number of weights. A negative estimate counts as 0.
    """
    traces = hessian_traces(context, probes=probes, seed=seed)

    def damage(name: str, weight: Tensor, bits: int) -> float:
        return max(0.0, traces[name] / weight.numel()) * squared_error(weight, bits)

    return {
        name: {bits: damage(name, unit.float_weight.detach(), bits) for bits in context.widths}
        for name, unit in context.model.mac_units.items()
    }


@torch.enable_grad()
def hessian_traces(context: Context, *, probes: int = 4, seed: int = 0) -> dict[str, float]:
    """Return Hutchinson's estimate of the trace of each layer's block of the Hessian.

    The loss is the mean cross-entropy against the labels, BatchNorm with its running statistics.
    Every batch has `probes` probes of its own for each layer, of +-1 over that layer's weights
    alone: probes of all layers at once would cost less, but what couples the layers is, on
    ResNet-20, far more than the trace of its last one.
    """
    model, batches, draws = context.model, context.batches(_BATCH), generator(seed)
    units = model.mac_units
    weights = [unit.float_weight for unit in units.values()]
    traces = dict.fromkeys(units, 0.0)
    with as_float(model):
        for number, (images, labels) in enumerate(batches):
            share = len(images) / len(context.images) / probes
            loss = F.cross_entropy(model(images), labels)
            gradients = torch.autograd.grad(loss, weights, create_graph=True)
            for name, weight, gradient in zip(units, weights, gradients, strict=True):
                for _ in range(probes):
                    signs = _signs(weight, draws)
                    (product,) = torch.autograd.grad(gradient, weight, signs, retain_graph=True)
                    traces[name] += share * float((signs * product).double().sum())
            context.report("Hessian trace", number + 1, len(batches))
    return traces


def _signs(weight: Tensor, draws: torch.Generator) -> Tensor:
    """Return +-1, drawn on the CPU so that every device sees the same."""
    signs = torch.randint(0, 2, weight.shape, generator=draws) * 2 - 1
    return signs.to(weight)
