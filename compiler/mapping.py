"""How one layer's windows, groups and channels are spread over runs, lanes and tiles.

The cheapest of the mappings that fit is taken, by the cycles that the array and the fetch need:

    cycles = tile rows * sum over the tiles of an output row of
                 max(drain beats, sum over their groups of lanes of max(micro-ops, weight beats))

A group's micro-ops (reads of at most one line) are fetched while the group before is multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, unique
from math import ceil

from compiler.errors import CompileError
from compiler.fusion import WindowLayer
from compiler.memory import Layout
from hw.config import EngineConfig
from quant.integer_network import Conv2d, MaxPool


@unique
class Kind(Enum):
    """Names of the mappings.

    DENSE: all channels of each tap, a kernel row as one run where that is cheaper; weights of
    other convolution groups are zeros. GROUPS: the same, one convolution group after the other.
    BLOCK_DIAGONAL: the channels of those groups that a tile of columns covers, with zeros.
    DIAGONAL: depthwise; a lane works for one column only. POOL: max pool.
    """

    DENSE = "dense"
    GROUPS = "groups"
    BLOCK_DIAGONAL = "block diagonal"
    DIAGONAL = "diagonal"
    POOL = "pool"


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Runs and tiles, by the names of `hw.engine.program`.

    taps: kernel rows times kernel columns. tap_bytes: of a tap that go into lanes, the channels
    from group * group_step + tile * tile_step on.
    """

    kind: Kind
    taps: int
    tap_bytes: int
    kernel_rows: int
    segments: int
    segment_step: int
    segment_bytes: int
    groups: int = 1
    group_step: int = 0
    tiles: int
    tile_step: int = 0
    last_chunks: int

    def lane_groups(self, lanes: int) -> int:
        """Groups of lanes of a tile's reduction."""
        return ceil(self.taps * self.tap_bytes / lanes)

    def weight_words(self, bits: int, config: EngineConfig) -> int:
        """Words of weight memory at weights of `bits` bits."""
        steps = self.weight_steps(bits, config)
        return ceil(steps / config.array.columns) if self.kind is Kind.DIAGONAL else steps

    def weight_steps(self, bits: int, config: EngineConfig) -> int:
        """Weight beats of one position, all groups and tiles."""
        beats = config.array.datapath.beats(bits)
        return self.groups * self.tiles * self.lane_groups(config.array.lanes) * beats


def choose(layer: WindowLayer, source: Layout, output: Layout, config: EngineConfig) -> Mapping:
    """The cheapest mapping of `layer`; raises CompileError for a pool on too few lanes."""
    if isinstance(layer, MaxPool):
        return _pool(layer, source, config)
    return min(
        candidates(layer, source, config),
        key=lambda mapping: (
            cycles(mapping, layer, source, output, config),
            mapping.weight_words(layer.bits, config),
        ),
    )


def cycles(
    mapping: Mapping, layer: Conv2d, source: Layout, output: Layout, config: EngineConfig
) -> int:
    """Cycles by the formula above, without what starts and ends a layer."""
    array = config.array
    beats = array.datapath.beats(layer.bits)
    origin = -layer.padding[1] * source.pixel_bytes
    costs: dict[int, int] = {}
    total = 0
    _, height, width = output.map_shape
    for column in range(width):
        for group in range(mapping.groups):
            for tile in range(mapping.tiles):
                start = origin + column * layer.stride[1] * source.pixel_bytes
                start += group * mapping.group_step + tile * mapping.tile_step
                start %= config.word_bytes
                if start not in costs:
                    groups = micro_ops(mapping, start, config)
                    costs[start] = max(array.drain_beats, sum(max(m, beats) for m in groups))
                total += costs[start]
    return ceil(height / array.rows) * total


def micro_ops(mapping: Mapping, start: int, config: EngineConfig) -> list[int]:
    """Micro-ops of each group of lanes of a tile whose window begins at byte `start` of a row."""
    counts, fill = [0], 0
    for _ in range(mapping.kernel_rows):
        for segment in range(mapping.segments):
            position, left = start + segment * mapping.segment_step, mapping.segment_bytes
            while left:
                if fill == config.array.lanes:
                    counts.append(0)
                    fill = 0
                room = config.line_bytes - position % config.word_bytes
                taken = min(left, config.array.lanes - fill, room)
                counts[-1] += 1
                fill += taken
                position += taken
                left -= taken
    return counts


def candidates(layer: Conv2d, source: Layout, config: EngineConfig) -> Iterator[Mapping]:
    """The mappings that fit a layer; dense always does."""
    array = config.array
    channels = source.map_shape[0]
    outputs, inputs = layer.weight.shape[:2]
    per_group = outputs // layer.groups
    yield _runs(layer, source, config)
    yield _taps(Kind.DENSE, layer, source, config, tap_bytes=channels)
    if layer.groups == 1:
        return
    if per_group % array.drain_columns == 0:
        yield _taps(
            Kind.GROUPS,
            layer,
            source,
            config,
            tap_bytes=inputs,
            groups=layer.groups,
            group_step=inputs,
        )
    if array.columns % per_group == 0:
        step = array.columns // per_group * inputs
        yield _taps(Kind.BLOCK_DIAGONAL, layer, source, config, tap_bytes=step, tile_step=step)
    if layer.groups == channels == outputs and array.lanes % array.columns == 0:
        step = array.columns
        yield _taps(Kind.DIAGONAL, layer, source, config, tap_bytes=step, tile_step=step)


def _runs(layer: Conv2d, source: Layout, config: EngineConfig) -> Mapping:
    """Dense, every kernel row one run, channel padding included."""
    rows, columns = layer.kernel
    outputs = layer.weight.shape[0]
    return Mapping(
        kind=Kind.DENSE,
        taps=rows * columns,
        tap_bytes=source.pixel_bytes,
        kernel_rows=rows,
        segments=1,
        segment_step=0,
        segment_bytes=columns * source.pixel_bytes,
        tiles=ceil(outputs / config.array.columns),
        last_chunks=_last_chunks(outputs, config),
    )


def _taps(
    kind: Kind,
    layer: WindowLayer,
    source: Layout,
    config: EngineConfig,
    *,
    tap_bytes: int,
    groups: int = 1,
    group_step: int = 0,
    tile_step: int = 0,
) -> Mapping:
    """Every tap a run of its own."""
    rows, columns = layer.kernel
    outputs = layer.weight.shape[0] if isinstance(layer, Conv2d) else source.map_shape[0]
    return Mapping(
        kind=kind,
        taps=rows * columns,
        tap_bytes=tap_bytes,
        kernel_rows=rows,
        segments=columns,
        segment_step=source.pixel_bytes,
        segment_bytes=tap_bytes,
        groups=groups,
        group_step=group_step,
        tiles=ceil(outputs // groups / config.array.columns),
        tile_step=tile_step,
        last_chunks=_last_chunks(outputs // groups, config),
    )


def _last_chunks(channels: int, config: EngineConfig) -> int:
    """Chunks of the last tile of `channels` channels."""
    array = config.array
    rest = channels - (ceil(channels / array.columns) - 1) * array.columns
    return ceil(rest / array.drain_columns)


def _pool(layer: MaxPool, source: Layout, config: EngineConfig) -> Mapping:
    array = config.array
    if array.lanes < array.columns:
        raise CompileError(
            f"layer {layer.name}: a pool reads {array.columns} channels at once, the array has "
            f"{array.lanes} lanes; use at least as many lanes as columns"
        )
    step = array.columns
    return _taps(Kind.POOL, layer, source, config, tap_bytes=step, tile_step=step)
