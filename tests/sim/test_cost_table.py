"""Cycle tables: any mix of widths costs exactly what the model says of its program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.errors import CompileError
from compiler.program import compile_network
from hw.config import ArrayConfig, EngineConfig
from quant.integer_network import MAX_BITS, MIN_BITS, Conv2d, IntegerNetwork, Linear
from sim.cost_table import CycleTable, cycle_table
from sim.errors import CostTableError
from sim.networks.builder import NetworkBuilder
from sim.program_model import program_timing
from tests.helpers.networks import random_network, with_layer

WIDTHS = tuple(range(MIN_BITS, MAX_BITS + 1))
ENGINES = {
    "ragged": EngineConfig(
        array=ArrayConfig(unit="pair_sum2", rows=2, columns=4, lanes=8, drain_columns=2),
        activation_lines=128,
        weight_words=4096,
        parameter_words=64,
        program_words=512,
    ),
    "slow drain": EngineConfig(
        array=ArrayConfig(unit="bit_plane", rows=1, columns=8, lanes=16),
        activation_lines=256,
        weight_words=4096,
        parameter_words=128,
        program_words=512,
    ),
    "few lanes": EngineConfig(
        array=ArrayConfig(unit="booth_digit", rows=4, columns=4, lanes=4, drain_columns=4),
        activation_lines=128,
        weight_words=8192,
        parameter_words=64,
        program_words=512,
    ),
}


def with_shortcut(bits: int) -> IntegerNetwork:
    """Two convolutions around a shortcut of fixed weights, an addition, a copy and an addition."""
    build = NetworkBuilder(np.random.default_rng(3), (2, 6, 6))
    build.conv("conv1", "image", 2, 3, bits, relu=True)
    build.conv("conv2", "conv1", 4, 3, bits, stride=(2, 2))
    build.subsample("shortcut", "conv1", 4, 2)
    build.add("add", "conv2", "shortcut", relu=True)
    build.add("twice", "add", "add")
    build.linear("linear", "twice", 3, bits)
    return build.network("shortcut", made_by="tests")


def plain(bits: int) -> IntegerNetwork:
    return random_network(2, image=(3, 7, 6), bits=bits)


def depthwise(bits: int) -> IntegerNetwork:
    return random_network(4, image=(3, 7, 6), bits=bits, depthwise=True)


NETWORKS = {"plain": plain, "depthwise": depthwise, "shortcut": with_shortcut}
BY_WIDTH = {name: {bits: make(bits) for bits in WIDTHS} for name, make in NETWORKS.items()}
TABLES = {
    (name, engine): cycle_table(networks, config)
    for name, networks in BY_WIDTH.items()
    for engine, config in ENGINES.items()
}


def mixed(networks: dict[int, IntegerNetwork], bits: dict[str, int]) -> IntegerNetwork:
    """The network with each layer as it is at its own width."""
    first = networks[MIN_BITS]
    layers = [
        networks[bits[layer.name]].layer(layer.name)
        if isinstance(layer, Conv2d | Linear) and layer.name in bits
        else layer
        for layer in first.layers
    ]
    return replace(first, layers=tuple(layers))


@given(data=st.data())
@settings(max_examples=15)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_mix_costs_what_the_model_says_of_its_program(name: str, engine: str, data) -> None:
    table = TABLES[name, engine]
    bits = {layer: data.draw(st.sampled_from(WIDTHS), label=layer) for layer in table.by_layer}
    program = compile_network(mixed(BY_WIDTH[name], bits), ENGINES[engine])
    assert table.of(bits) == program_timing(program).cycles


def test_layers_of_a_fixed_width_are_part_of_the_constant() -> None:
    table = TABLES["shortcut", "ragged"]
    assert list(table.by_layer) == ["conv1", "conv2", "linear"]
    assert all(list(row) == list(WIDTHS) for row in table.by_layer.values())
    assert table.constant > 0


def test_more_bits_cost_more() -> None:
    table = TABLES["plain", "few lanes"]
    uniform = [table.of(dict.fromkeys(table.by_layer, bits)) for bits in (2, 4, 6, 8)]
    assert uniform == sorted(set(uniform))


def test_uniform_8_bits_need_not_fit_the_engine() -> None:
    small = replace(ENGINES["ragged"], weight_words=200)
    networks = {bits: BY_WIDTH["plain"][bits] for bits in (2, 8)}
    with pytest.raises(CompileError, match="words of weight memory"):
        compile_network(networks[8], small)
    table = cycle_table(networks, small)
    lowest = dict.fromkeys(table.by_layer, 2)
    assert table.of(lowest) == program_timing(compile_network(networks[2], small)).cycles


def test_the_order_of_the_widths_does_not_matter() -> None:
    backwards = dict(reversed(BY_WIDTH["shortcut"].items()))
    assert cycle_table(backwards, ENGINES["ragged"]) == TABLES["shortcut", "ragged"]


def test_one_width_is_not_enough() -> None:
    with pytest.raises(
        CostTableError, match=r"needs a network at two or more widths, not at \[2\]"
    ):
        cycle_table({2: plain(2)}, ENGINES["ragged"])


def test_other_layers_are_refused() -> None:
    with pytest.raises(CostTableError, match="at 8 bits it has other layers than at 2 bits"):
        cycle_table({2: plain(2), 8: with_shortcut(8)}, ENGINES["ragged"])


def test_a_layer_of_some_other_width_is_refused() -> None:
    odd = with_layer(plain(8), "conv5", bits=7, weight=plain(7).layer("conv5").weight)  # pyright: ignore
    with pytest.raises(CostTableError, match=r"layer conv5: .* this has \[2, 7\] at \[2, 8\]"):
        cycle_table({2: plain(2), 8: odd}, ENGINES["ragged"])


def test_a_table_adds_up() -> None:
    table = CycleTable(by_layer={"a": {2: 10, 4: 20}, "b": {2: 1, 4: 2}}, constant=100)
    assert table.of({"a": 4, "b": 2}) == 121
