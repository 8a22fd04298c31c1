"""From an integer network to everything that is loaded into an engine: program and memories."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from compiler.descriptor import Bases, end_fields, layer_fields
from compiler.errors import CompileError
from compiler.fusion import Step, fuse
from compiler.images import parameter_image, weight_image
from compiler.mapping import Kind, Mapping, choose
from compiler.memory import STREAM_BYTES, Layout, Lifetime, Placement, layout, place
from compiler.plan import check_accumulator
from compiler.streams import Words
from hw.config import EngineConfig
from hw.engine.program import descriptor_words
from hw.matrix_unit import parameters_shape
from quant.integer_network import Conv2d, IntegerNetwork

LARGEST = 3  # layers that a refusal names


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One descriptor.

    names: of the network's layers that it computes. fields: of the descriptor, by name.
    kind: how the layer is mapped. bits: weight width, 0 without weights.
    macs: useful multiply-accumulates, see `Step`.
    inputs: tensors that it reads. output: the tensor that it writes.
    """

    names: tuple[str, ...]
    fields: dict[str, int]
    kind: Kind
    bits: int
    macs: int
    inputs: tuple[str, ...]
    output: Placement


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """A compiled network.

    words: of program memory, the checksum included. weights, parameters: [word, bytes], least
    significant byte first. tensors: the input and every tensor that is stored, by name.
    activation_lines: lines in use, of every bank.
    """

    network: str
    config: EngineConfig
    operations: tuple[Operation, ...]
    words: tuple[int, ...]
    weights: Words
    parameters: Words
    tensors: dict[str, Placement]
    input: Placement
    output: Placement

    @property
    def activation_lines(self) -> int:
        """Lines of every bank that are used."""
        return max(tensor.limit for tensor in self.tensors.values())

    def slice(self, index: int) -> tuple[int, ...]:
        """Words of a program that runs operation `index` alone and sends its output tensor."""
        operation = self.operations[index]
        return program_words([operation.fields], operation.output)


@dataclass(frozen=True, kw_only=True)
class _Mapped:
    step: Step
    mapping: Mapping
    weights: Words
    parameters: Words


def compile_network(network: IntegerNetwork, config: EngineConfig) -> Program:
    """Compile `network`, which must be valid, for `config`.

    Raises CompileError naming the layer, the numbers and what to do.
    """
    layouts = _layouts(network, config)
    steps = fuse(network, layouts)
    tensors = place(_lifetimes(network, steps, layouts), [_name(step) for step in steps], config)
    mapped = [_map(step, layouts, config) for step in steps]
    _check_memory("weight", [len(each.weights) for each in mapped], steps, config.weight_words)
    _check_memory(
        "parameter", [len(each.parameters) for each in mapped], steps, config.parameter_words
    )
    operations = tuple(_operations(network, mapped, tensors, config))
    output = tensors[network.output]
    words = program_words([operation.fields for operation in operations], output)
    if len(words) > config.program_words:
        raise CompileError(
            f"the program of {len(operations)} operations needs {len(words):,} words of program "
            f"memory, the engine has {config.program_words:,}; use program_words={len(words)}"
        )
    return Program(
        network=network.name,
        config=config,
        operations=operations,
        words=words,
        weights=np.concatenate([each.weights for each in mapped]),
        parameters=np.concatenate([each.parameters for each in mapped]),
        tensors=tensors,
        input=tensors[network.input],
        output=output,
    )


def program_words(fields: Sequence[dict[str, int]], output: Placement) -> tuple[int, ...]:
    """Descriptors with these fields, the end that sends `output`, and the checksum."""
    words = [word for each in (*fields, end_fields(output)) for word in descriptor_words(each)]
    return (*words, zlib.crc32(np.array(words, "<u4").tobytes()))


def stream_words(memory: NDArray[np.uint8]) -> list[int]:
    """32-bit words that load `memory`, [word, bytes]: each memory word by itself, lowest first."""
    padded = np.zeros((len(memory), -(-memory.shape[1] // STREAM_BYTES) * STREAM_BYTES), np.uint8)
    padded[:, : memory.shape[1]] = memory
    return padded.view("<u4").reshape(-1).tolist()


def _layouts(network: IntegerNetwork, config: EngineConfig) -> dict[str, Layout]:
    """The input as it is, everything else with its channels padded to whole chunks."""
    chunk = config.array.drain_columns
    return {
        name: layout(
            name,
            tensor.shape,
            tensor.shape[0] if name == network.input else ceil(tensor.shape[0] / chunk) * chunk,
            config,
        )
        for name, tensor in network.tensors.items()
    }


def _lifetimes(
    network: IntegerNetwork, steps: Sequence[Step], layouts: dict[str, Layout]
) -> list[Lifetime]:
    first = {network.input: -1} | {step.output: index for index, step in enumerate(steps)}
    last = dict(first)
    for index, step in enumerate(steps):
        last |= dict.fromkeys(step.inputs, index)
    last[network.output] = len(steps)
    return [Lifetime(layout=layouts[name], first=first[name], last=last[name]) for name in first]


def _map(step: Step, layouts: dict[str, Layout], config: EngineConfig) -> _Mapped:
    layer = step.layer
    mapping = choose(layer, layouts[layer.input], layouts[step.output], config)
    if isinstance(layer, Conv2d):
        check_accumulator(layer, config.array, mapping.lane_groups(config.array.lanes))
        weights = weight_image(layer, mapping, config)
        parameters = parameter_image(layer, mapping, config)
    else:
        weights = _no_words(config.weight_word_bits)
        parameters = _no_words(parameters_shape(config.array).size)
    return _Mapped(step=step, mapping=mapping, weights=weights, parameters=parameters)


def _operations(
    network: IntegerNetwork,
    mapped: Sequence[_Mapped],
    tensors: dict[str, Placement],
    config: EngineConfig,
) -> Iterator[Operation]:
    weights = parameters = 0
    for each in mapped:
        step, bases = each.step, Bases(weights=weights, parameters=parameters)
        yield Operation(
            names=step.names,
            fields=layer_fields(network, step, each.mapping, tensors, bases, config),
            kind=each.mapping.kind,
            bits=step.layer.bits if isinstance(step.layer, Conv2d) else 0,
            macs=step.macs,
            inputs=step.inputs,
            output=tensors[step.output],
        )
        weights += len(each.weights)
        parameters += len(each.parameters)


def _check_memory(memory: str, needs: Sequence[int], steps: Sequence[Step], words: int) -> None:
    if sum(needs) <= words:
        return
    largest = sorted(range(len(steps)), key=lambda index: -needs[index])[:LARGEST]
    names = ", ".join(f"{_name(steps[index])} ({needs[index]:,})" for index in largest)
    raise CompileError(
        f"the network needs {sum(needs):,} words of {memory} memory, most of them for {names}, "
        f"the engine has {words:,}; use {memory}_words={sum(needs)}"
        + (" or fewer bits" if memory == "weight" else "")
    )


def _name(step: Step) -> str:
    return ", ".join(step.names)


def _no_words(bits: int) -> Words:
    return np.zeros((0, ceil(bits / 8)), np.uint8)
