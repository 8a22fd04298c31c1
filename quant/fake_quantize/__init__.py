"""Quantization simulated in floating point, on torch's own fake_quantize operators."""

from quant.fake_quantize.activations import ActivationQuantizer
from quant.fake_quantize.weights import WeightQuantizer

__all__ = ["ActivationQuantizer", "WeightQuantizer"]
