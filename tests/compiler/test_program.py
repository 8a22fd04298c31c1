"""Programs compute what the golden model does; refusals of what no memory holds."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.errors import CompileError
from compiler.mapping import Kind, Mapping, candidates
from compiler.memory import Layout
from compiler.program import compile_network, stream_words
from hw.config import ENGINES, EngineConfig
from hw.engine.program import DESCRIPTOR_WORDS, Opcode, descriptor_words
from quant.integer_network import Conv2d, IntegerNetwork, MaxPool, Tensor
from sim.networks import build
from sim.networks.builder import NetworkBuilder
from tests.helpers.networks import random_network, with_layer
from tests.helpers.programs import check_program, engine

ARRAYS = {
    "two planes": engine(),
    "one row, diagonals of three taps": engine(rows=1),
    "four rows, chunks of one": engine(rows=4, columns=2, lanes=6, drain_columns=1),
    "one plane, no diagonals": engine("pair_sum", lanes=10, drain_columns=4),
    "int8": engine("int8", columns=6, lanes=7, rows=1),
}


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("array", ARRAYS)
def test_every_stored_tensor_is_golden(array: str, depthwise: bool) -> None:
    check_program(random_network(3, depthwise=depthwise), ARRAYS[array])


@pytest.mark.parametrize("name", ["tiny", "edge"])
def test_presets_compute_a_random_network(name: str) -> None:
    check_program(random_network(4, depthwise=True), ENGINES[name])


@st.composite
def convolutions(draw: st.DrawFn) -> IntegerNetwork:
    """A convolution, perhaps grouped, behind another so that its input's channels are padded."""
    groups = draw(st.sampled_from([1, 1, 2, 3, 6]))
    channels = groups * draw(st.integers(1, 12 // groups))
    outputs = groups * draw(st.integers(1, 12 // groups))
    kernel = (draw(st.integers(1, 3)), draw(st.integers(2, 4)))
    bits = draw(st.integers(2, 8))
    builder = NetworkBuilder(np.random.default_rng(draw(st.integers(0, 99))), (2, 4, 5), images=2)
    builder.conv("first", "image", channels, 1, 8, padding=(0, 0))
    builder.conv(
        "second",
        "first",
        outputs,
        kernel,
        bits,
        stride=(draw(st.integers(1, 2)), draw(st.integers(1, 3))),
        padding=(draw(st.integers(0, 3)), draw(st.integers(0, 3))),
        groups=groups,
    )
    return builder.network("convolution", made_by="tests")


@settings(max_examples=30)
@given(network=convolutions(), array=st.sampled_from(list(ARRAYS)))
def test_convolutions_of_any_shape(network: IntegerNetwork, array: str) -> None:
    check_program(network, ARRAYS[array])


@pytest.mark.parametrize(
    ("channels", "outputs", "groups", "kinds"),
    [
        (6, 6, 1, [Kind.DENSE, Kind.DENSE]),
        (6, 6, 6, [Kind.DENSE, Kind.DENSE, Kind.BLOCK_DIAGONAL, Kind.DIAGONAL]),
        (3, 6, 3, [Kind.DENSE, Kind.DENSE, Kind.GROUPS, Kind.BLOCK_DIAGONAL]),
        (6, 12, 2, [Kind.DENSE, Kind.DENSE, Kind.GROUPS]),
        (4, 6, 2, [Kind.DENSE, Kind.DENSE]),
    ],
)
def test_every_mapping_that_fits_gives_the_same_codes(
    monkeypatch: pytest.MonkeyPatch,
    channels: int,
    outputs: int,
    groups: int,
    kinds: list[Kind],
) -> None:
    builder = NetworkBuilder(np.random.default_rng(5), (channels, 5, 6), images=2)
    builder.conv("layer", "image", outputs, 3, 5, groups=groups)
    network = builder.network("mappings", made_by="tests")
    for index, kind in enumerate(kinds):

        def choice(
            layer: Conv2d, source: Layout, _: Layout, config: EngineConfig, index: int = index
        ) -> Mapping:
            return list(candidates(layer, source, config))[index]

        monkeypatch.setattr("compiler.program.choose", choice)
        program = check_program(network, ARRAYS["two planes"])
        assert program.operations[0].kind is kind


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("channels", [2, 7])
def test_max_pools_of_any_shape(
    kernel: tuple[int, int], stride: tuple[int, int], channels: int
) -> None:
    padding = (kernel[0] - 1, kernel[1] // 2)
    layer = MaxPool(
        name="pool", input="image", output="pool", kernel=kernel, stride=stride, padding=padding
    )
    shapes = {"image": (channels, 6, 7), "pool": layer.output_shape((channels, 6, 7))}
    network = IntegerNetwork(
        name="pool",
        input="image",
        output="pool",
        tensors={
            name: Tensor(name=name, shape=shape, scale=1.0, zero_point=9)
            for name, shape in shapes.items()
        },
        layers=(layer,),
    )
    network.validate()
    program = check_program(network, ARRAYS["two planes"])
    assert [operation.kind for operation in program.operations] == [Kind.POOL]


def test_linear_layers_read_maps_in_channel_row_column_order_and_vectors() -> None:
    builder = NetworkBuilder(np.random.default_rng(0), (3, 4, 5))
    builder.linear("first", "image", 7, 8)
    builder.linear("second", "first", 5, 3)
    program = check_program(builder.network("linear", made_by="tests"), ARRAYS["two planes"])
    # One output row: the array's second row must read outside the image, from another bank.
    assert program.operations[0].fields["row_step"] == 5
    assert program.output.shape == (5,)


def test_an_early_output_stays_while_later_layers_run() -> None:
    builder = NetworkBuilder(np.random.default_rng(0), (3, 4, 5))
    for source, name in pairwise(["image", "one", "two", "three", "four"]):
        builder.conv(name, source, 4, 3, 8)
    network = replace(builder.network("early", made_by="tests"), output="one")
    check_program(network, ARRAYS["two planes"])


def test_words_are_descriptors_the_end_and_a_checksum() -> None:
    program = compile_network(random_network(0), ARRAYS["two planes"])
    fields = [operation.fields for operation in program.operations]
    output = program.tensors["linear"]
    end = {
        "opcode": Opcode.END,
        "output_base": output.base,
        "output_pitch": output.pitch,
        "output_limit": output.limit,
        "output_height": 1,
        "output_row_bytes": 10,
    }
    words = [word for each in [*fields, end] for word in descriptor_words(each)]
    checksum = zlib.crc32(b"".join(word.to_bytes(4, "little") for word in words))
    assert program.words == (*words, checksum)
    assert len(program.slice(2)) == 2 * DESCRIPTOR_WORDS + 1
    assert program.slice(2)[:DESCRIPTOR_WORDS] == tuple(descriptor_words(fields[2]))


def test_an_operation_tells_its_layers_and_their_work() -> None:
    network = random_network(0)
    program = compile_network(network, ARRAYS["two planes"])
    sources = {operation.names: operation for operation in program.operations}
    fused = sources["conv3", "add"]
    layer = next(layer for layer in network.mac_layers if layer.name == "conv3")
    assert (fused.bits, fused.macs) == (layer.bits, network.macs(layer))
    assert (fused.inputs, fused.output) == (("conv1", "conv2"), program.tensors["add"])
    assert "conv3" not in program.tensors
    assert (sources[("max_pool",)].bits, sources[("max_pool",)].macs) == (0, 0)
    assert sources[("average_pool",)].macs == 0


def test_compiling_twice_gives_the_same() -> None:
    one, other = (compile_network(random_network(1), ARRAYS["two planes"]) for _ in range(2))
    assert one.words == other.words
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.parameters, other.parameters)


def test_memory_words_fill_whole_stream_words() -> None:
    memory = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], np.uint8)
    assert stream_words(memory) == [0x04030201, 0x05, 0x09080706, 0x0A]


@pytest.mark.parametrize(("name", "lines"), [("resnet20", 192), ("mobilenet_v1_025", 216)])
def test_networks_of_the_field_fit_the_edge_engine(name: str, lines: int) -> None:
    assert compile_network(build(name, bits=8), ENGINES["edge"]).activation_lines == lines


def refused(config: EngineConfig, message: str) -> None:
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        compile_network(random_network(0, bits=4), config)


def test_memories_that_are_too_small_are_refused() -> None:
    config = ARRAYS["two planes"]
    program = compile_network(random_network(0, bits=4), config)
    weights, parameters, words = map(len, (program.weights, program.parameters, program.words))
    compile_network(
        random_network(0, bits=4),
        replace(config, weight_words=weights, parameter_words=parameters, program_words=words),
    )
    refused(
        replace(config, weight_words=weights - 1),
        f"the network needs {weights} words of weight memory, most of them for conv6 (28), "
        f"conv4 (24), conv2 (20), the engine has {weights - 1}; use weight_words={weights} "
        "or fewer bits",
    )
    refused(
        replace(config, parameter_words=parameters - 1),
        f"the network needs {parameters} words of parameter memory, most of them for conv5 (6), "
        f"linear (6), conv1 (4), the engine has {parameters - 1}; "
        f"use parameter_words={parameters}",
    )
    refused(
        replace(config, program_words=words - 1),
        f"the program of 9 operations needs {words} words of program memory, the engine has "
        f"{words - 1}; use program_words={words}",
    )


@pytest.mark.parametrize("inputs", [32 * 12, 32 * 12 + 1])
def test_the_accumulator_holds_the_correction_of_every_group(inputs: int) -> None:
    """-255 * 128 fits 16 bits with the 4 that each of 32 groups takes off, not of 33."""
    builder = NetworkBuilder(np.random.default_rng(0), (inputs, 1, 1))
    builder.linear("layer", "image", 1, 2)
    weight = np.zeros((1, inputs), np.int8)
    weight[0, :64] = -2
    network = with_layer(builder.network("wide", made_by="tests"), "layer", weight=weight)
    config = engine()
    narrow = replace(config, array=replace(config.array, accumulator_width=16))
    if inputs == 32 * 12:
        compile_network(network, narrow)
        return
    message = (
        "layer layer, channel 0: the accumulator can reach -32772, outside 16 bits signed; "
        "use accumulator_width=17"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        compile_network(network, narrow)
