"""The spread of each layer's weights: one number a layer, whatever its width."""

import torch

from quant.sensitivity.context import Context


@torch.no_grad()
def raw_sigma(context: Context) -> dict[str, float]:
    """Return the standard deviation of all weights of each layer, before BatchNorm is folded."""
    return {
        name: float(unit.float_weight.double().std(correction=0))
        for name, unit in context.model.mac_units.items()
    }


@torch.no_grad()
def folded_sigma(context: Context) -> dict[str, float]:
    """Return the same with BatchNorm's gain gamma / sqrt(variance + eps) folded into the weights.

    The folded weights are what the layer's output sees; layers without BatchNorm have gain 1.
    """
    sigmas = {}
    for name, unit in context.model.mac_units.items():
        weight = unit.float_weight.double().flatten(1)
        norm = unit.norm
        if norm is not None:
            assert norm.running_var is not None
            weight = weight * (norm.weight / (norm.running_var + norm.eps).sqrt()).unsqueeze(1)
        sigmas[name] = float(weight.std(correction=0))
    return sigmas
