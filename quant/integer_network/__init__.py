"""The integer network: what the exporter writes and what compiler, golden model and hardware read.

Only numpy and safetensors are needed here; torch is not imported.
"""

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

__all__ = [
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
]
