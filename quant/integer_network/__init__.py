"""The integer network: what the exporter writes and what compiler, golden model and hardware read.

Only numpy and safetensors are needed here; torch is not imported.
"""

from quant.integer_network.accumulator import accumulator_bounds
from quant.integer_network.errors import IntegerNetworkError
from quant.integer_network.layers import (
    Add,
    AveragePool,
    Conv2d,
    Layer,
    Linear,
    MacLayer,
    MaxPool,
    Requantization,
    Tensor,
)
from quant.integer_network.network import IntegerNetwork
from quant.integer_network.packing import MAX_BITS, MIN_BITS, pack, unpack, weight_range
from quant.integer_network.store import FORMAT_VERSION, load, save

__all__ = [
    "FORMAT_VERSION",
    "MAX_BITS",
    "MIN_BITS",
    "Add",
    "AveragePool",
    "Conv2d",
    "IntegerNetwork",
    "IntegerNetworkError",
    "Layer",
    "Linear",
    "MacLayer",
    "MaxPool",
    "Requantization",
    "Tensor",
    "accumulator_bounds",
    "load",
    "pack",
    "save",
    "unpack",
    "weight_range",
]
