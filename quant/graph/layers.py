"""The typed layer graph: what a network computes, with its weights left in the torch module.

A layer stands for one integer operation: a convolution together with its BatchNorm and ReLU, a
residual addition with its ReLU. Every layer writes one tensor, which carries the layer's name.
"""

from dataclasses import dataclass
from math import inf
from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Rectifier:
    """The clamp after a layer: min(max(x, 0), ceiling); ReLU has no ceiling, ReLU6 has 6."""

    ceiling: float = inf


@dataclass(frozen=True, kw_only=True)
class ConvLayer:
    """A Conv2d, its BatchNorm2d where it has one, and its rectifier; paths as in named_modules."""

    name: str
    input: str
    module: str
    norm: str | None = None
    rectifier: Rectifier | None = None
    stride: Pair
    padding: Pair
    groups: int

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tensors read."""
        return (self.input,)


@dataclass(frozen=True, kw_only=True)
class LinearLayer:
    """A Linear on the input flattened in C order, and its rectifier."""

    name: str
    input: str
    module: str
    rectifier: Rectifier | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tensors read."""
        return (self.input,)


@dataclass(frozen=True, kw_only=True)
class AddLayer:
    """The sum of two tensors of one shape, and its rectifier."""

    name: str
    inputs: tuple[str, str]
    rectifier: Rectifier | None = None


@dataclass(frozen=True, kw_only=True)
class AveragePoolLayer:
    """Mean over windows without padding; a global pool has the input's height and width."""

    name: str
    input: str
    kernel: Pair
    stride: Pair
    rectifier: Rectifier | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tensors read."""
        return (self.input,)


@dataclass(frozen=True, kw_only=True)
class MaxPoolLayer:
    """Maximum over windows; padding never wins."""

    name: str
    input: str
    kernel: Pair
    stride: Pair
    padding: Pair

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tensors read."""
        return (self.input,)


@dataclass(frozen=True, kw_only=True)
class SubsampleLayer:
    """Every `stride`-th row and column from the first on, between new channels of zeros.

    The shortcut without weights ("option A") of He et al., "Deep residual learning", 2016.
    """

    name: str
    input: str
    stride: Pair = (1, 1)
    channels_before: int = 0
    channels_after: int = 0

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the tensors read."""
        return (self.input,)


MacGraphLayer: TypeAlias = ConvLayer | LinearLayer
RectifiedLayer: TypeAlias = ConvLayer | LinearLayer | AddLayer | AveragePoolLayer
# What chooses among its input's values, or adds zeros: its output lies on its input's grid.
SelectionLayer: TypeAlias = MaxPoolLayer | SubsampleLayer
GraphLayer: TypeAlias = RectifiedLayer | SelectionLayer


@dataclass(frozen=True, kw_only=True)
class LayerGraph:
    """Layers in execution order; `shapes` holds every tensor's shape without the batch axis."""

    input: str
    output: str
    layers: tuple[GraphLayer, ...]
    shapes: dict[str, Shape]

    @property
    def mac_layers(self) -> tuple[MacGraphLayer, ...]:
        """The layers that hold weights, in execution order."""
        return tuple(layer for layer in self.layers if isinstance(layer, ConvLayer | LinearLayer))
