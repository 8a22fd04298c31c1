"""From layers to the operations of an engine: lower to convolutions and pools, fuse additions.

A linear layer is a convolution whose kernel is its whole input. An average pool is a depthwise
convolution with weights of one. An addition rides on the operation that makes one of its operands;
where it cannot, it rides on a max pool of one pixel, which copies.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from compiler.errors import CompileError
from compiler.memory import Layout, map_shape
from quant.integer_network import (
    Add,
    AveragePool,
    Conv2d,
    IntegerNetwork,
    Layer,
    Linear,
    MaxPool,
)

ONES_BITS = 2  # the narrowest width; 1 is in its range
WindowLayer: TypeAlias = Conv2d | MaxPool


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation: windows over a tensor, then perhaps an addition.

    names: of the network's layers that it computes. layer: lowered. output: tensor that is stored.
    macs: multiply-accumulates of the network's convolution or linear layer, zeros of padding
    included; 0 for others.
    addition: added to the layer's codes; `main` says which of its operands they are.
    """

    names: tuple[str, ...]
    layer: WindowLayer
    output: str
    macs: int
    addition: Add | None = None
    main: int = 0

    @property
    def residual(self) -> str | None:
        """Tensor that is added."""
        return self.addition.inputs[1 - self.main] if self.addition else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Tensors that are read."""
        return (self.layer.input, self.residual) if self.residual else (self.layer.input,)


def fuse(network: IntegerNetwork, layouts: dict[str, Layout]) -> tuple[Step, ...]:
    """Operations of `network` in the order in which they run.

    Raises CompileError for an addition whose operands both have pixels of other sizes than its
    output.
    """
    readers = Counter(name for layer in network.layers for name in layer.inputs)
    readers[network.output] += 1
    steps: list[Step] = []
    made_by = {network.input: -1}
    for layer in network.layers:
        place = len(steps)
        if isinstance(layer, Add):
            host = _host(layer, steps, made_by, readers, layouts)
            if host is None:
                steps.append(_copy_and_add(layer, layouts))
            else:
                place, main = host
                host_step = steps[place]
                steps[place] = replace(
                    host_step,
                    names=(*host_step.names, layer.name),
                    output=layer.output,
                    addition=layer,
                    main=main,
                )
        else:
            steps.append(_step(network, layer))
        made_by[layer.output] = place
    return tuple(steps)


def _host(
    layer: Add,
    steps: list[Step],
    made_by: dict[str, int],
    readers: Counter[str],
    layouts: dict[str, Layout],
) -> tuple[int, int] | None:
    """The operation that can add, and which operand it makes."""
    for main in (0, 1):
        operand, residual = layer.inputs[main], layer.inputs[1 - main]
        place = made_by[operand]
        if (
            place > made_by[residual]
            and readers[operand] == 1
            and steps[place].addition is None
            and _same_pixels(layer, residual, layouts)
        ):
            return place, main
    return None


def _copy_and_add(layer: Add, layouts: dict[str, Layout]) -> Step:
    for main in (0, 1):
        if _same_pixels(layer, layer.inputs[1 - main], layouts):
            copy = MaxPool(
                name=layer.name,
                input=layer.inputs[main],
                output=layer.output,
                kernel=(1, 1),
                stride=(1, 1),
                padding=(0, 0),
            )
            return Step(
                names=(layer.name,),
                layer=copy,
                output=layer.output,
                macs=0,
                addition=layer,
                main=main,
            )
    raise CompileError(
        f"layer {layer.name}: both operands have {layouts[layer.inputs[0]].pixel_bytes} bytes a "
        f"pixel and the sum {layouts[layer.output].pixel_bytes}; let a layer come before the "
        "addition, or use a multiple of drain_columns input channels"
    )


def _same_pixels(layer: Add, residual: str, layouts: dict[str, Layout]) -> bool:
    return layouts[residual].pixel_bytes == layouts[layer.output].pixel_bytes


def _step(network: IntegerNetwork, layer: Layer) -> Step:
    match layer:
        case Conv2d():
            lowered, macs = layer, network.macs(layer)
        case Linear():
            lowered, macs = _linear_as_convolution(network, layer), network.macs(layer)
        case AveragePool():
            lowered, macs = _average_as_convolution(network, layer), 0
        case MaxPool():
            lowered, macs = layer, 0
        case _:
            raise TypeError(type(layer).__name__)
    return Step(names=(layer.name,), layer=lowered, output=layer.output, macs=macs)


def _linear_as_convolution(network: IntegerNetwork, layer: Linear) -> Conv2d:
    shape = map_shape(network.tensors[layer.input].shape)
    return Conv2d(
        name=layer.name,
        input=layer.input,
        output=layer.output,
        weight=layer.weight.reshape(-1, *shape),
        bits=layer.bits,
        bias=layer.bias,
        stride=(1, 1),
        padding=(0, 0),
        groups=1,
        requantization=layer.requantization,
    )


def _average_as_convolution(network: IntegerNetwork, layer: AveragePool) -> Conv2d:
    channels = network.tensors[layer.input].shape[0]
    constants = layer.requantization
    return Conv2d(
        name=layer.name,
        input=layer.input,
        output=layer.output,
        weight=np.ones((channels, 1, *layer.kernel), np.int8),
        bits=ONES_BITS,
        bias=np.full(channels, layer.bias, np.int32),
        stride=layer.stride,
        padding=(0, 0),
        groups=channels,
        requantization=replace(
            constants,
            multiplier=constants.multiplier.repeat(channels),
            shift=constants.shift.repeat(channels),
        ),
    )
