"""The golden model: integer networks executed bit-exactly in numpy, the reference for hardware."""

from sim.golden.arithmetic import requantize
from sim.golden.errors import GoldenError
from sim.golden.layers import requantize_channels, run_layer
from sim.golden.network import accumulators, classify, output_codes, run

__all__ = [
    "GoldenError",
    "accumulators",
    "classify",
    "output_codes",
    "requantize",
    "requantize_channels",
    "run",
    "run_layer",
]
