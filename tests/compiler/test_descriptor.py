"""Descriptors: fields that no layer test would miss by itself, and what does not fit them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from compiler.descriptor import check_fields
from compiler.errors import CompileError
from compiler.program import compile_network
from hw.engine.program import Descriptor, Opcode
from quant.integer_network import IntegerNetwork
from sim.networks.builder import NetworkBuilder
from tests.helpers.networks import random_network
from tests.helpers.programs import check_program, engine


def network_with_stride(down: int, height: int) -> IntegerNetwork:
    builder = NetworkBuilder(np.random.default_rng(0), (2, height, 5))
    builder.conv("layer", "image", 4, 3, 4, stride=(down, 1))
    return builder.network("stride", made_by="tests")


def test_every_field_of_an_operation_has_a_value() -> None:
    program = compile_network(random_network(0), engine())
    for operation in program.operations:
        assert set(operation.fields) == set(Descriptor.members)


def test_the_layer_s_own_constants_are_in_its_fields() -> None:
    network = random_network(0)
    program = compile_network(network, engine())
    operation = program.operations[1]
    layer = next(layer for layer in network.mac_layers if layer.name == "conv2")
    constants = layer.requantization
    expected = {
        "opcode": Opcode.MAC,
        "bits": layer.bits,
        "pad_code": network.tensors["conv1"].zero_point,
        "zero_point": constants.zero_point,
        "minimum": constants.minimum,
        "maximum": constants.maximum,
        "row_origin": -1,
        "row_step": 2,
        "column_origin": -6,
        "column_step": 12,
        "output_limit": program.tensors["conv2"].limit,
        "weight_base": program.operations[0].fields["weight_steps"],
        "parameter_base": program.operations[0].fields["parameter_words"],
    }
    assert {name: operation.fields[name] for name in expected} == expected


def test_rows_that_would_share_a_bank_are_refused() -> None:
    message = (
        "layer layer: a vertical stride of 4 would let two of the array's 2 rows read the same "
        "bank; use a stride of 1 or 2, or an array of one row"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        compile_network(network_with_stride(4, height=9), engine())


def test_any_vertical_stride_runs_on_one_row_or_for_one_row_of_output() -> None:
    check_program(network_with_stride(4, height=9), engine(rows=1))
    check_program(network_with_stride(4, height=4), engine())


@pytest.mark.parametrize(
    ("field", "value", "low", "high"),
    [
        ("column_step", 65536, 0, 65535),
        ("column_origin", -65537, -65536, 65535),
        ("columns", 4096, 0, 4095),
        ("weight_steps", 1 << 24, 0, (1 << 24) - 1),
    ],
)
def test_values_that_no_field_holds_are_refused(
    field: str, value: int, low: int, high: int
) -> None:
    check_fields("conv", {field: low})
    check_fields("conv", {field: high})
    message = (
        f"layer conv: {field} is {value}, a descriptor holds {low}..{high}; "
        "use a smaller image or fewer channels"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        check_fields("conv", {field: value})


def test_a_compiled_layer_s_fields_are_checked() -> None:
    builder = NetworkBuilder(np.random.default_rng(0), (1, 1, 4097), images=1)
    builder.conv("layer", "image", 1, 3, 4)
    network = builder.network("long", made_by="tests")
    with pytest.raises(CompileError, match=r"^layer layer: columns is 4097, a descriptor holds "):
        compile_network(network, engine(activation_lines=4096))
