"""How one convolution or linear layer is cut into tiles and groups of a dot-product array.

Rows of the array take output positions, columns take output channels, lanes take elements of the
reduction. An element is numbered (kernel row * kernel width + kernel column) * input channels +
input channel, channels innermost, so that neighbouring lanes read neighbouring channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from compiler.errors import CompileError
from hw.config import MAX_ACCUMULATOR_WIDTH, ArrayConfig
from quant.integer_network import Conv2d, IntegerNetwork, Linear, MacLayer, accumulator_bounds


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """Shape of one layer on one array.

    name, bits: of the layer; bits of each weight, 2..8.
    positions, channels, reduction: output pixels, output channels and products per output.
    beats, groups: weight beats per group, at most where the datapath skips some, and groups per
    reduction.
    config: the array that it is cut for.
    """

    name: str
    bits: int
    positions: int
    channels: int
    reduction: int
    beats: int
    groups: int
    config: ArrayConfig

    @property
    def position_tiles(self) -> int:
        """Tiles along the output positions."""
        return ceil(self.positions / self.config.rows)

    @property
    def channel_tiles(self) -> int:
        """Tiles along the output channels."""
        return ceil(self.channels / self.config.columns)

    @property
    def tile_count(self) -> int:
        """Tiles of the layer."""
        return self.position_tiles * self.channel_tiles

    @property
    def steps_per_tile(self) -> int:
        """Weight beats that one tile takes, at most where the datapath skips some."""
        return self.groups * self.beats

    @property
    def macs(self) -> int:
        """Useful multiply-accumulates of the positions covered."""
        return self.positions * self.channels * self.reduction

    def tiles(self) -> Iterator[tuple[int, int]]:
        """(position tile, channel tile) in the order in which the array computes them."""
        for position_tile in range(self.position_tiles):
            for channel_tile in range(self.channel_tiles):
                yield position_tile, channel_tile


def plan_layer(
    network: IntegerNetwork, layer: MacLayer, config: ArrayConfig, positions: int | None = None
) -> LayerPlan:
    """Plan `layer` on `config`; `positions` limits the output positions to the first ones.

    Raises CompileError for arrays that skip beats, and as `cut_layer` does.
    """
    if config.datapath.skips:
        raise CompileError(
            f"layer {layer.name}: no plan for an array of {config.unit} units, which take as many "
            "steps as the weights have set bits; use another unit"
        )
    return cut_layer(network, layer, config, positions)


def cut_layer(
    network: IntegerNetwork, layer: MacLayer, config: ArrayConfig, positions: int | None = None
) -> LayerPlan:
    """The same for any array: of one that skips beats the plan has an upper limit of the steps.

    Raises CompileError for bad `positions`, grouped convolutions, and accumulators that the weights
    could drive out of range.
    """
    if positions is not None and (type(positions) is not int or positions < 1):
        raise CompileError(
            f"positions must be an integer of at least 1, or None, not {positions!r}"
        )
    if isinstance(layer, Conv2d) and layer.groups != 1:
        raise CompileError(
            f"layer {layer.name}: grouped convolution (groups={layer.groups}) does not run on the "
            "array; use groups=1"
        )
    reduction = layer.weight[0].size
    groups = ceil(reduction / config.lanes)
    check_accumulator(layer, config, groups)
    available = 1
    if isinstance(layer, Conv2d):
        _, height, width = network.tensors[layer.output].shape
        available = height * width
    return LayerPlan(
        name=layer.name,
        bits=layer.bits,
        positions=min(positions or available, available),
        channels=layer.weight.shape[0],
        reduction=reduction,
        beats=config.datapath.beats(layer.bits),
        groups=groups,
        config=config,
    )


def check_accumulator(layer: MacLayer, config: ArrayConfig, groups: int) -> None:
    """Prove from the weights that the hardware accumulator holds every possible result.

    The accumulator holds the dot product without bias and less the datapath's correction. Raises
    CompileError naming the layer, the channel and the value.
    """
    correction = config.datapath.correction(layer.bits, groups)
    low, high = (bound - layer.bias - correction for bound in accumulator_bounds(layer))
    limit = 1 << (config.accumulator_width - 1)
    # -value - 1 needs as many bits as a negative value does.
    needs = np.maximum(high, -low - 1)
    worst = int(np.argmax(needs))
    if needs[worst] < limit:
        return
    value = int(high[worst] if high[worst] == needs[worst] else low[worst])
    width = int(needs[worst]).bit_length() + 1
    remedy = f"use accumulator_width={width}"
    if width > MAX_ACCUMULATOR_WIDTH:
        remedy = (
            f"that needs {width} and no array has more than {MAX_ACCUMULATOR_WIDTH}: "
            "use fewer inputs or bits"
        )
    raise CompileError(
        f"layer {layer.name}, channel {worst}: the accumulator can reach {value}, outside "
        f"{config.accumulator_width} bits signed; {remedy}"
    )


def input_shape(network: IntegerNetwork, layer: MacLayer) -> tuple[int, int, int]:
    """(channels, height, width) that the layer reads; a linear layer reads one pixel."""
    if isinstance(layer, Linear):
        return layer.weight.shape[1], 1, 1
    channels, height, width = network.tensors[layer.input].shape
    return channels, height, width
