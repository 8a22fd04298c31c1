"""Metrics of what quantization does to each layer: a damage by layer and width, lower is better.

Each is a function of one `Context` in a file of its own, and leaves the model as it was. None says
how a network of several quantized layers does: they rank, and an allocator chooses by the sum.
"""

from collections.abc import Callable

from quant.sensitivity.context import Context, Scores
from quant.sensitivity.entropy import entropy
from quant.sensitivity.fisher import fisher
from quant.sensitivity.hessian import hessian
from quant.sensitivity.output_kl import output_kl
from quant.sensitivity.sigma import folded_sigma, raw_sigma
from quant.sensitivity.weight_error import weight_error, weight_mse
from quant.sensitivity.weight_kl import weight_kl, weight_sensitivity

METRICS: dict[str, Callable[[Context], Scores]] = {
    "entropy": entropy,
    "fisher": fisher,
    "hessian": hessian,
    "output_kl": output_kl,
    "weight_error": weight_error,
    "weight_kl": weight_kl,
    "weight_mse": weight_mse,
    "weight_sensitivity": weight_sensitivity,
}

__all__ = ["METRICS", "Context", "Scores", "folded_sigma", "raw_sigma"]
