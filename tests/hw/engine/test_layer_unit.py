"""Layers end to end on the layer unit: codes equal golden, cycles and counters equal the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from compiler.mapping import Kind
from compiler.program import Operation, Program, compile_network
from hw.config import ArrayConfig, EngineConfig
from hw.engine.layer_unit import check_columns
from hw.errors import ConfigError
from sim.engine_model import operation_timing
from sim.golden import run
from sim.networks.builder import NetworkBuilder
from tests.helpers.layer_bench import LayerRun, run_operations
from tests.helpers.networks import random_images

SEED = 5
ARRAY = ArrayConfig(unit="pair_sum2", rows=2, columns=2, lanes=6)
CONFIG = EngineConfig(
    array=ARRAY, activation_lines=64, weight_words=512, parameter_words=64, program_words=512
)
SHAPES = {
    "rows": CONFIG,
    "one_row": replace(CONFIG, array=replace(ARRAY, rows=1)),
    "chunks": replace(CONFIG, array=replace(ARRAY, columns=4, lanes=12, drain_columns=2)),
}
Build = Callable[[NetworkBuilder], None]


def conv(build: NetworkBuilder) -> None:
    """Three channels in, ragged rows and channels, runs that begin and end outside the image."""
    build.conv("conv", "image", 3, 3, 3)


def strided(build: NetworkBuilder) -> None:
    """Rows of the array two image rows apart; kernels without and with several rows."""
    build.conv("pointwise", "image", 5, 1, 8, stride=(2, 2), padding=(0, 0))
    build.conv("strided", "pointwise", 2, 3, 2, stride=(2, 1))


def depthwise(build: NetworkBuilder) -> None:
    """Diagonal weights whose last word is filled in part, then an average pool and a matrix."""
    build.conv("depthwise", "image", 3, 3, 3, groups=3)
    build.average_pool("average", "depthwise", rows=2)
    build.linear("linear", "average", 5, 4)


def pool(build: NetworkBuilder) -> None:
    """Largest codes; padding never wins."""
    build.max_pool("pool", "image")


def residual(build: NetworkBuilder) -> None:
    """A sum that rides on a convolution, and one that needs a copy."""
    build.conv("first", "image", 3, 1, 2, padding=(0, 0))
    build.conv("second", "first", 3, (1, 2), 2, padding=(0, 1))
    build.conv("third", "first", 3, (1, 2), 5, padding=(0, 1))
    build.add("sum", "second", "third")
    build.add("copy", "sum", "second", relu=True)
    build.add("last", "sum", "copy")


NETWORKS: dict[str, tuple[tuple[int, int, int], Build, str]] = {
    "conv": ((3, 3, 3), conv, "rows"),
    "one_row": ((3, 2, 2), conv, "one_row"),
    "chunks": ((3, 2, 2), conv, "chunks"),
    "strided": ((3, 5, 3), strided, "rows"),
    "depthwise": ((3, 3, 2), depthwise, "rows"),
    "pool": ((5, 2, 2), pool, "chunks"),
    "residual": ((3, 3, 2), residual, "rows"),
}


def compiled(
    shape: tuple[int, int, int], layers: Build, config: EngineConfig
) -> tuple[Program, dict[str, np.ndarray]]:
    build = NetworkBuilder(np.random.default_rng(SEED), shape)
    layers(build)
    network = build.network(layers.__name__, made_by="tests")
    codes = run(network, random_images(network, 1, SEED))
    return compile_network(network, config), {name: images[0] for name, images in codes.items()}


def check_timing(got: LayerRun, operation: Operation, config: EngineConfig) -> None:
    expected = operation_timing(operation.fields, config)
    assert got.cycles == expected.cycles
    assert got.counters == {
        "step": expected.steps,
        "blocked": expected.blocked,
        "activation_reads": expected.activation_reads,
        "activation_writes": expected.activation_writes,
        "residual_reads": expected.residual_reads,
        "weight_read": expected.weight_reads,
        "parameter_read": expected.parameter_reads,
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_equal_golden_and_the_model(name: str) -> None:
    shape, layers, config = NETWORKS[name]
    program, codes = compiled(shape, layers, SHAPES[config])
    runs = run_operations(program, program.operations, codes)
    for operation, got in zip(program.operations, runs, strict=True):
        np.testing.assert_array_equal(got.codes, codes[operation.output.name], str(operation.names))
        check_timing(got, operation, program.config)
        assert got.errors == 0


def test_the_networks_use_every_kind_of_operation() -> None:
    kinds, residuals = set(), set()
    for shape, layers, config in NETWORKS.values():
        for operation in compiled(shape, layers, SHAPES[config])[0].operations:
            kinds.add(operation.kind)
            residuals.add((operation.fields["opcode"], operation.fields["residual"]))
    assert kinds >= {Kind.DENSE, Kind.DIAGONAL, Kind.POOL}
    assert residuals == {(1, 0), (1, 1), (2, 0), (2, 1)}


def one_access_per_group(build: NetworkBuilder) -> None:
    build.conv("conv", "image", 2, 3, 2)


def test_a_step_every_cycle_where_each_group_takes_one_access_and_one_beat() -> None:
    program, codes = compiled((2, 2, 6), one_access_per_group, CONFIG)
    (got,) = run_operations(program, program.operations, codes)
    groups = 3 * 6
    assert got.steps == list(range(3, 3 + groups))


def test_each_layer_finds_what_those_before_it_wrote() -> None:
    program, codes = compiled((3, 3, 2), residual, CONFIG)
    runs = run_operations(program, program.operations, codes, reload=False)
    for operation, got in zip(program.operations, runs, strict=True):
        np.testing.assert_array_equal(got.codes, codes[operation.output.name])
        check_timing(got, operation, CONFIG)


def test_a_reset_stops_a_layer_and_keeps_the_memories() -> None:
    program, codes = compiled((3, 3, 2), conv, CONFIG)
    (got,) = run_operations(program, program.operations, codes, reset_after=20)
    np.testing.assert_array_equal(got.codes, codes["conv"])
    check_timing(got, program.operations[0], CONFIG)


WRONG = [
    {"input_base": 64},
    {"output_limit": 0},
    {"output_base": 64, "output_limit": 200},
    {"weight_base": 510},
    {"parameter_base": 64},
    {"residual": 1, "residual_base": 64, "add_shift": 1},
]


def test_accesses_beyond_the_memories_are_reported() -> None:
    """Each once: what follows is right again."""
    program, codes = compiled((3, 3, 2), conv, CONFIG)
    (right,) = program.operations
    wrong = [replace(right, fields=right.fields | fields) for fields in WRONG]
    runs = run_operations(program, [*wrong, right], codes, stop_at_error=True)
    assert [got.errors for got in runs] == [1] * len(WRONG) + [0]
    np.testing.assert_array_equal(runs[-1].codes, codes["conv"])


def test_lanes_that_columns_do_not_divide_are_refused() -> None:
    config = replace(CONFIG, array=replace(ARRAY, columns=4))
    with pytest.raises(
        ConfigError, match=r"^an engine's lanes must be a multiple of its columns \(4\), not 6$"
    ):
        check_columns(config)
