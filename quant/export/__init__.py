"""Export: the trained QuantizedModel as an IntegerNetwork, every scale an integer.

The weight codes are those of the fake quantizer; BatchNorm and scales become biases, multipliers
and shifts.
"""

from quant.export.network import to_integer_network

__all__ = ["to_integer_network"]
