"""Layers end to end on the layer unit: codes equal golden, cycles and counters equal the model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from compiler.program import compile_network
from hw.config import ArrayConfig, EngineConfig
from quant.integer_network import IntegerNetwork
from sim.engine_model import operation_timing
from sim.golden import run
from sim.networks.builder import NetworkBuilder
from tests.helpers.layer_bench import run_operations
from tests.helpers.networks import random_images

SEED = 5
CONFIG = EngineConfig(
    array=ArrayConfig(unit="pair_sum2", rows=2, columns=4, lanes=12, drain_columns=2),
    activation_lines=64,
    weight_words=512,
    parameter_words=64,
    program_words=512,
)


def conv(build: NetworkBuilder) -> None:
    build.conv("conv", "image", 5, 3, 3)


NETWORKS: dict[str, tuple[tuple[int, int, int], Callable[[NetworkBuilder], None]]] = {
    "conv": ((3, 5, 4), conv),
}


def network(name: str) -> IntegerNetwork:
    shape, layers = NETWORKS[name]
    build = NetworkBuilder(np.random.default_rng(SEED), shape)
    layers(build)
    return build.network(name, made_by="tests")


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_equal_golden_and_the_model(name: str) -> None:
    source = network(name)
    program = compile_network(source, CONFIG)
    images = random_images(source, 1, SEED)
    codes = {key: value[0] for key, value in run(source, images).items()}
    runs = run_operations(program, program.operations, codes)
    for operation, got in zip(program.operations, runs, strict=True):
        np.testing.assert_array_equal(got.codes, codes[operation.output.name])
        timing = operation_timing(operation.fields, CONFIG)
        assert got.errors == 0
        assert (got.cycles, *got.counters.values()) == (
            timing.cycles,
            timing.steps,
            timing.blocked,
            timing.activation_reads,
            timing.activation_writes,
            timing.residual_reads,
            timing.weight_reads,
            timing.parameter_reads,
        )
