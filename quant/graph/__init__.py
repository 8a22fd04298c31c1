"""From a torch module to a typed graph of the layers that integer hardware knows."""

from quant.graph.coupled import coupled_layers
from quant.graph.layers import (
    AddLayer,
    AveragePoolLayer,
    ConvLayer,
    GraphLayer,
    LayerGraph,
    LinearLayer,
    MacGraphLayer,
    MaxPoolLayer,
    Rectifier,
    SelectionLayer,
    SubsampleLayer,
)
from quant.graph.lower import trace

__all__ = [
    "AddLayer",
    "AveragePoolLayer",
    "ConvLayer",
    "GraphLayer",
    "LayerGraph",
    "LinearLayer",
    "MacGraphLayer",
    "MaxPoolLayer",
    "Rectifier",
    "SelectionLayer",
    "SubsampleLayer",
    "coupled_layers",
    "trace",
]
