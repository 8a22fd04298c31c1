"""Where additions go, and what layers become."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from compiler.errors import CompileError
from compiler.program import Program, compile_network
from hw.engine.program import Opcode
from sim.networks.builder import NetworkBuilder
from tests.helpers.programs import check_program, engine

CONFIG = engine()


def builder(channels: int = 3) -> NetworkBuilder:
    return NetworkBuilder(np.random.default_rng(2), (channels, 5, 4))


def names(program: Program) -> list[tuple[str, ...]]:
    return [operation.names for operation in program.operations]


def test_an_addition_rides_on_the_later_operand() -> None:
    for order in (("early", "late"), ("late", "early")):
        build = builder()
        build.conv("early", "image", 5, 3, 8)
        build.conv("late", "early", 5, 3, 8)
        build.add("add", *order)
        program = check_program(build.network("residual", made_by="tests"), CONFIG)
        assert names(program) == [("early",), ("late", "add")]
        assert program.operations[1].fields["residual_base"] == program.tensors["early"].base


def test_an_addition_rides_on_a_pool() -> None:
    build = builder()
    build.conv("conv", "image", 3, 2, 8)
    build.max_pool("pool", "image")
    build.add("add", "conv", "pool")
    program = check_program(build.network("pool", made_by="tests"), CONFIG)
    assert names(program) == [("conv",), ("pool", "add")]
    assert program.operations[1].fields["opcode"] == Opcode.MAX_POOL


def test_an_operation_adds_only_once() -> None:
    build = builder()
    build.conv("one", "image", 4, 3, 8)
    build.conv("two", "image", 4, 3, 8)
    build.conv("three", "image", 4, 3, 8)
    build.add("add", "two", "three")
    build.add("again", "add", "one")
    program = check_program(build.network("chain", made_by="tests"), CONFIG)
    assert names(program) == [("one",), ("two",), ("three", "add"), ("again",)]


def test_an_operand_with_another_reader_is_stored_and_copied() -> None:
    build = builder()
    build.conv("one", "image", 4, 3, 8)
    build.conv("two", "one", 4, 3, 8)
    build.add("add", "one", "two")
    build.conv("three", "two", 4, 3, 8)
    build.add("last", "three", "add")
    program = check_program(build.network("shared", made_by="tests"), CONFIG)
    assert names(program) == [("one",), ("two",), ("add",), ("three", "last")]
    fields = program.operations[2].fields
    assert (fields["opcode"], fields["kernel_rows"], fields["segments"]) == (Opcode.MAX_POOL, 1, 1)


def test_the_network_s_output_is_stored_even_if_it_is_an_operand() -> None:
    build = builder()
    build.conv("one", "image", 4, 3, 8)
    build.conv("two", "one", 4, 3, 8)
    build.add("add", "one", "two")
    network = replace(build.network("inner", made_by="tests"), output="two")
    program = check_program(network, CONFIG)
    assert names(program) == [("one",), ("two",), ("add",)]
    assert program.output == program.tensors["two"]


def test_a_tensor_is_added_to_itself() -> None:
    build = builder()
    build.conv("conv", "image", 5, 3, 8)
    build.add("add", "conv", "conv")
    program = check_program(build.network("double", made_by="tests"), CONFIG)
    assert names(program) == [("conv",), ("add",)]


@pytest.mark.parametrize("order", [("image", "conv"), ("conv", "image")])
def test_an_input_with_pixels_of_another_size_is_copied_not_added(order: tuple[str, str]) -> None:
    build = builder()
    build.conv("conv", "image", 3, 3, 8)
    build.add("add", *order)
    program = check_program(build.network("odd", made_by="tests"), CONFIG)
    assert names(program) == [("conv",), ("add",)]
    assert program.operations[1].fields["input_row_bytes"] == 4 * 3
    assert program.operations[1].inputs == ("image", "conv")


def test_an_input_with_pixels_of_the_same_size_is_added() -> None:
    build = builder(channels=4)
    build.conv("conv", "image", 4, 3, 8)
    build.add("add", "image", "conv")
    program = check_program(build.network("even", made_by="tests"), CONFIG)
    assert names(program) == [("conv", "add")]


def test_an_input_of_odd_pixels_is_not_added_to_itself() -> None:
    build = builder()
    build.add("add", "image", "image")
    network = build.network("self", made_by="tests")
    message = (
        "layer add: both operands have 3 bytes a pixel and the sum 4; let a layer come before "
        "the addition, or use a multiple of drain_columns input channels"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        compile_network(network, CONFIG)


def test_vectors_are_added() -> None:
    build = builder()
    build.linear("one", "image", 5, 8)
    build.linear("two", "one", 5, 4)
    build.add("add", "one", "two")
    program = check_program(build.network("vectors", made_by="tests"), CONFIG)
    assert names(program) == [("one",), ("two", "add")]
