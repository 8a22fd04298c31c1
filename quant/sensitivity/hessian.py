"""The trace of the loss's Hessian by layer: how curved the loss is along its weights.

Source: Dong et al., "HAWQ-V2: Hessian aware trace-weighted quantization of neural networks", 2020.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.determinism import generator
from quant.sensitivity.context import Context, Scores, as_float
from quant.sensitivity.weight_error import squared_error

_BATCH = 64


def hessian(context: Context, *, probes: int = 8, seed: int = 0) -> Scores:
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
def hessian_traces(context: Context, *, probes: int = 8, seed: int = 0) -> dict[str, float]:
    """Return Hutchinson's estimate of the trace of each layer's block of the Hessian.

    The loss is the mean cross-entropy against the labels, BatchNorm with its running statistics.
    Every batch of 64 images gets `probes` probes of its own, of +-1 over the weights of all layers
    at once: one product with the Hessian serves all blocks, and what couples them averages out.
    """
    model, batches, draws = context.model, context.batches(_BATCH), generator(seed)
    weights = [unit.float_weight for unit in model.mac_units.values()]
    traces = [0.0] * len(weights)
    with as_float(model):
        for number, (images, labels) in enumerate(batches):
            share = len(images) / len(context.images) / probes
            loss = F.cross_entropy(model(images), labels)
            gradients = torch.autograd.grad(loss, weights, create_graph=True)
            for probe in range(probes):
                signs = [_signs(weight, draws) for weight in weights]
                products = torch.autograd.grad(
                    gradients, weights, signs, retain_graph=probe + 1 < probes
                )
                for place, (v, product) in enumerate(zip(signs, products, strict=True)):
                    traces[place] += share * float((v * product).double().sum())
            context.report("Hessian trace", number + 1, len(batches))
    return dict(zip(model.mac_units, traces, strict=True))


def _signs(weight: Tensor, draws: torch.Generator) -> Tensor:
    """Return +-1, drawn on the CPU so that every device sees the same."""
    signs = torch.randint(0, 2, weight.shape, generator=draws) * 2 - 1
    return signs.to(weight)
