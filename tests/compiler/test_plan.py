"""Plans: tile counts, and refusals with the layer and the numbers."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from compiler.errors import CompileError
from compiler.plan import plan_layer
from hw.config import ArrayConfig
from quant.integer_network import IntegerNetwork, MacLayer
from tests.helpers.networks import random_network, with_layer

CONFIG = ArrayConfig(unit="pair_sum", rows=2, columns=4, lanes=8)


def mac_layer(network: IntegerNetwork, name: str) -> MacLayer:
    return next(layer for layer in network.mac_layers if layer.name == name)


def test_ragged_edges_round_up() -> None:
    network = random_network(0, bits=5)
    plan = plan_layer(network, mac_layer(network, "conv1"), CONFIG)
    assert (plan.positions, plan.channels, plan.reduction) == (72, 6, 27)
    assert (plan.position_tiles, plan.channel_tiles, plan.groups, plan.beats) == (36, 2, 4, 5)
    assert plan.steps_per_tile == 20
    assert plan.macs == 72 * 6 * 27


def test_positions_can_be_limited() -> None:
    network = random_network(0)
    layer = mac_layer(network, "conv1")
    assert plan_layer(network, layer, CONFIG, positions=3).positions == 3
    assert plan_layer(network, layer, CONFIG, positions=1000).positions == 72


@pytest.mark.parametrize("positions", [0, -1, 2.5, True])
def test_bad_positions_are_refused(positions: Any) -> None:
    network = random_network(0)
    message = f"positions must be an integer of at least 1, or None, not {positions}"
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        plan_layer(network, mac_layer(network, "conv1"), CONFIG, positions=positions)


def test_grouped_convolution_is_refused() -> None:
    network = random_network(0, depthwise=True)
    with pytest.raises(CompileError, match=r"layer conv4: grouped convolution \(groups=8\)"):
        plan_layer(network, mac_layer(network, "conv4"), CONFIG)


def test_accumulator_that_could_overflow_is_refused() -> None:
    """27 weights of -128 against codes of 255 need 21 bits: 20 are refused, 21 suffice."""
    network = random_network(0, bits=8)
    weight = np.zeros_like(mac_layer(network, "conv1").weight)
    weight[3] = -128
    network = with_layer(network, "conv1", weight=weight)
    layer = mac_layer(network, "conv1")
    correction = CONFIG.datapath.correction(8, 4)
    lowest = 27 * 255 * -128 - correction
    message = (
        f"layer conv1, channel 3: the accumulator can reach {lowest}, outside 20 bits signed; "
        "use accumulator_width=21"
    )
    narrow = ArrayConfig(unit="pair_sum", rows=2, columns=4, lanes=8, accumulator_width=20)
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        plan_layer(network, layer, narrow)
    wide = ArrayConfig(unit="pair_sum", rows=2, columns=4, lanes=8, accumulator_width=21)
    assert plan_layer(network, layer, wide).groups == 4


def test_suggested_width_holds_both_bounds() -> None:
    """Channel 0 goes a little below the range, channel 1 far above it: one hint serves both."""
    network = random_network(0, bits=8)
    weight = np.zeros_like(mac_layer(network, "conv1").weight)
    weight[0, 0] = -128
    weight[1] = 127
    layer = mac_layer(with_layer(network, "conv1", weight=weight), "conv1")
    narrow = ArrayConfig(unit="pair_sum", rows=2, columns=4, lanes=8, accumulator_width=16)
    highest = 27 * 255 * 127 - CONFIG.datapath.correction(8, 4)
    message = f"layer conv1, channel 1: the accumulator can reach {highest}, .* accumulator_width="
    with pytest.raises(CompileError, match=message) as refused:
        plan_layer(network, layer, narrow)
    width = int(str(refused.value).rpartition("=")[2])
    for fits, config in (
        (True, replace(narrow, accumulator_width=width)),
        (False, replace(narrow, accumulator_width=width - 1)),
    ):
        with contextlib.nullcontext() if fits else pytest.raises(CompileError):
            plan_layer(network, layer, config)


def test_sum_that_no_array_holds_is_refused() -> None:
    """66000 products of 255 and -128 fit 32 bits together with this bias, but not without it."""
    network = random_network(0, bits=8)
    layer = replace(
        mac_layer(network, "linear"),
        weight=np.full((10, 66000), -128, np.int8),
        bias=np.full(10, 20_000_000, np.int32),
    )
    config = ArrayConfig(unit="int8", rows=1, columns=1, lanes=3, accumulator_width=32)
    message = "that needs 33 and no array has more than 32: use fewer inputs or bits"
    with pytest.raises(CompileError, match=message):
        plan_layer(network, layer, config)


def test_arrays_that_skip_beats_are_refused() -> None:
    network = random_network(0)
    config = ArrayConfig(unit="serial", rows=1, columns=1, lanes=1)
    message = "^layer conv1: no plan for an array of serial units, which take as many steps as"
    with pytest.raises(CompileError, match=message):
        plan_layer(network, network.mac_layers[0], config)
