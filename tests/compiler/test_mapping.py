"""Which mapping is taken, and the cycles that decide it."""

from __future__ import annotations

import re
from math import ceil

import numpy as np
import pytest

from compiler.errors import CompileError
from compiler.mapping import Kind, Mapping, candidates, choose, cycles, micro_ops
from compiler.memory import Layout, layout, map_shape
from compiler.program import compile_network
from hw.config import ENGINES, EngineConfig
from quant.integer_network import Conv2d
from sim.engine_model import operation_timing
from sim.networks.builder import NetworkBuilder
from tests.helpers.programs import engine

EDGE = ENGINES["edge"]
# Cycles from launch to the first step and from the last one to the last code written.
START_AND_END = range(10, 20)


def convolution(
    channels: int, outputs: int, config: EngineConfig, **options: int
) -> tuple[Conv2d, Layout, Layout]:
    """A 3x3 layer (or `kernel`) on an 8x8 map that the engine wrote."""
    builder = NetworkBuilder(np.random.default_rng(0), (channels, 8, 8), images=1)
    bits, kernel = options.get("bits", 8), options.get("kernel", 3)
    builder.conv("layer", "image", outputs, kernel, bits, groups=options.get("groups", 1))
    network = builder.network("one", made_by="tests")
    layer = network.layers[0]
    assert isinstance(layer, Conv2d)
    layouts = []
    for name in ("image", "layer"):
        shape = network.tensors[name].shape
        chunk = config.array.drain_columns
        layouts.append(layout(name, shape, ceil(map_shape(shape)[0] / chunk) * chunk, config))
    return layer, layouts[0], layouts[1]


def test_a_kernel_row_over_sixteen_channels_is_one_read_of_the_edge_engine() -> None:
    layer, source, output = convolution(16, 16, EDGE)
    mapping = choose(layer, source, output, EDGE)
    assert (mapping.kind, mapping.segments, mapping.segment_bytes) == (Kind.DENSE, 1, 48)
    assert micro_ops(mapping, 16, EDGE) == [1, 1, 1]
    # Four rows of tiles, eight pixels, three groups of four beats.
    assert cycles(mapping, layer, source, output, EDGE) == 4 * 8 * 3 * 4


def test_taps_of_their_own_leave_out_padded_channels_where_that_saves_groups() -> None:
    """Nine of sixteen channels: 81 elements are two groups, 144 were three."""
    layer, source, output = convolution(9, 16, EDGE)
    mapping = choose(layer, source, output, EDGE)
    assert (mapping.segments, mapping.segment_bytes, mapping.segment_step) == (3, 9, 16)
    assert mapping.lane_groups(48) == 2


def test_reads_end_where_lanes_and_lines_do() -> None:
    """Lines of 16 bytes, words of 8, 12 lanes: nine bytes from byte 7 on are all that is left."""
    config = engine()
    mapping = Mapping(
        kind=Kind.DENSE,
        taps=2,
        tap_bytes=20,
        kernel_rows=2,
        segments=1,
        segment_step=0,
        segment_bytes=20,
        tiles=1,
        last_chunks=1,
    )
    # Row 0: 9 | 3, 8 of the next group. Row 1: 4 fill it, then 12, then 4.
    assert micro_ops(mapping, 7, config) == [2, 2, 1, 1]


def test_wide_depthwise_layers_are_diagonal_and_narrow_ones_dense() -> None:
    wide = choose(*convolution(64, 64, EDGE, groups=64), EDGE)
    assert (wide.kind, wide.tiles, wide.segment_bytes) == (Kind.DIAGONAL, 4, 16)
    # A memory word holds sixteen beats: three groups of four beats in each of four tiles are 48.
    assert wide.weight_words(8, EDGE) == 3
    narrow = choose(*convolution(8, 8, EDGE, groups=8), EDGE)
    assert (narrow.kind, narrow.segment_bytes) == (Kind.DENSE, 24)


def test_grouped_layers_are_blocks_or_one_group_after_the_other() -> None:
    blocks = choose(*convolution(64, 64, EDGE, groups=16), EDGE)
    assert (blocks.kind, blocks.tiles, blocks.tile_step) == (Kind.BLOCK_DIAGONAL, 4, 16)
    groups = choose(*convolution(64, 64, EDGE, groups=2), EDGE)
    assert (groups.kind, groups.groups, groups.tiles) == (Kind.GROUPS, 2, 2)


def test_what_fits_nothing_else_is_dense_with_zeros() -> None:
    """Groups of twelve outputs neither divide sixteen columns nor are whole chunks of eight."""
    layer, source, _ = convolution(24, 24, EDGE, groups=2)
    kinds = {mapping.kind for mapping in candidates(layer, source, EDGE)}
    assert kinds == {Kind.DENSE}


@pytest.mark.parametrize("bits", [2, 8])
@pytest.mark.parametrize(
    ("channels", "outputs", "groups", "kernel"),
    [
        (3, 16, 1, 3),
        (16, 40, 1, 1),
        (32, 32, 1, 3),
        (48, 48, 48, 3),
        (24, 24, 6, 3),
        (16, 32, 2, 3),
    ],
)
def test_the_formula_is_the_cycle_model_but_for_start_and_end(
    channels: int, outputs: int, groups: int, kernel: int, bits: int
) -> None:
    builder = NetworkBuilder(np.random.default_rng(0), (channels, 8, 8), images=1)
    builder.conv("layer", "image", outputs, kernel, bits, groups=groups)
    program = compile_network(builder.network("one", made_by="tests"), EDGE)
    layer, *_ = convolution(channels, outputs, EDGE, groups=groups, kernel=kernel, bits=bits)
    source, output = program.input, program.output
    counted = cycles(choose(layer, source, output, EDGE), layer, source, output, EDGE)
    timing = operation_timing(program.operations[0].fields, EDGE)
    assert timing.cycles - counted in START_AND_END


def test_a_pool_needs_a_lane_for_every_column() -> None:
    builder = NetworkBuilder(np.random.default_rng(0), (4, 4, 4))
    builder.max_pool("pool", "image")
    message = (
        "layer pool: a pool reads 4 channels at once, the array has 2 lanes; "
        "use at least as many lanes as columns"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        compile_network(builder.network("pool", made_by="tests"), engine(lanes=2))
