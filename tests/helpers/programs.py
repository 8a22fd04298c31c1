"""Compile networks and run them in the interpreter, tensor by tensor against the golden model."""

from __future__ import annotations

import numpy as np

from compiler.program import Program, compile_network
from hw.config import ArrayConfig, EngineConfig
from quant.integer_network import IntegerNetwork
from sim.golden import run
from tests.helpers.networks import random_images
from tests.helpers.program_interpreter import Interpreter


def engine(
    unit: str = "pair_sum2",
    rows: int = 2,
    columns: int = 4,
    lanes: int = 12,
    drain_columns: int = 2,
    *,
    activation_lines: int = 1024,
    weight_words: int = 65536,
    parameter_words: int = 4096,
    program_words: int = 4096,
) -> EngineConfig:
    """A small engine with room for everything."""
    return EngineConfig(
        array=ArrayConfig(
            unit=unit, rows=rows, columns=columns, lanes=lanes, drain_columns=drain_columns
        ),
        activation_lines=activation_lines,
        weight_words=weight_words,
        parameter_words=parameter_words,
        program_words=program_words,
    )


def check_program(network: IntegerNetwork, config: EngineConfig, seed: int = 0) -> Program:
    """Run `network` operation by operation and as a whole; every stored tensor must be golden."""
    program = compile_network(network, config)
    image = random_images(network, 1, seed)
    golden = run(network, image)
    single = Interpreter(program, seed)
    single.load(program.input, image[0])
    for index, operation in enumerate(program.operations):
        codes = operation.output.codes(single.run(program.slice(index)))
        np.testing.assert_array_equal(
            codes, golden[operation.output.name][0], err_msg=", ".join(operation.names)
        )
    whole = Interpreter(program, seed + 1)
    whole.load(program.input, image[0])
    codes = program.output.codes(whole.run(program.words))
    np.testing.assert_array_equal(codes, golden[network.output][0])
    return program
