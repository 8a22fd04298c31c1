"""Which arrays an exploration has, and why it has no others."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.plan import plan_layer
from hw.config import PRESETS, ArrayConfig, preset
from quant.integer_network import IntegerNetwork
from sigmaquant.errors import ConfigurationError
from sigmaquant.explore_config import ExploreConfiguration
from sigmaquant.explore_space import drain_columns, fitted, label, space
from sim.networks.builder import NetworkBuilder


def network(*, channels: int = 4, groups: int = 1) -> IntegerNetwork:
    builder = NetworkBuilder(np.random.default_rng(1), (channels, 6, 6), images=2)
    builder.conv("conv", "image", 4, 3, 8, groups=groups)
    return builder.network("small", "test")


def asked(**flags: str) -> ExploreConfiguration:
    return ExploreConfiguration.load(None, flags)


def test_the_default_is_the_preset_its_family_and_shapes_around_it():
    found = space(asked(), network())
    assert next(iter(found.arrays.values())) == preset("edge")
    assert len(found.arrays) == 14
    assert {array.macs_per_cycle(8) for array in found.arrays.values()} == {384.0}
    assert found.presets["pair_sum2-2x16x48"] == ["edge"]
    assert found.presets["int8_booth-4x4x24"] == ["edge_int8_booth"]
    # Shapes of 16, 32 or 64 units with lanes of 96, 48 or 24: 10 of 4 x 4 x 3, one is the preset.
    assert found.off_peak == 48 - 10
    assert found.left_out == {}


@given(requantizers=st.integers(1, 64), rows=st.integers(1, 32), columns=st.integers(1, 64))
def test_no_more_requantizers_can_be_had(requantizers: int, rows: int, columns: int):
    found = drain_columns(requantizers, rows, columns)
    ArrayConfig(unit="pair_sum2", rows=rows, columns=columns, lanes=8, drain_columns=found)
    assert found == 1 or rows * found <= requantizers
    more = [each for each in range(found + 1, columns + 1) if columns % each == 0]
    assert all(rows * each > requantizers for each in more)


@pytest.mark.parametrize("name", [each for each in PRESETS if each.startswith("edge_")])
def test_the_rule_gives_every_rival_of_edge_its_own_drain(name: str):
    edge, rival = preset("edge"), preset(name)
    requantizers = edge.rows * edge.drain_columns
    assert drain_columns(requantizers, rival.rows, rival.columns) == rival.drain_columns


def test_accumulators_are_as_wide_as_the_network_needs_and_no_wider():
    narrow = ArrayConfig(unit="pair_sum2", rows=1, columns=4, lanes=8, accumulator_width=16)
    found = fitted(network(channels=24), narrow)
    assert 16 < found.accumulator_width < 24
    layer = network(channels=24).mac_layers[0]
    plan_layer(network(channels=24), layer, found)
    tighter = replace(found, accumulator_width=found.accumulator_width - 1)
    with pytest.raises(ValueError, match=f"use accumulator_width={found.accumulator_width}$"):
        plan_layer(network(channels=24), layer, tighter)
    assert fitted(network(), preset("wide")) == preset("wide")


def test_what_is_left_out_has_its_reason():
    wanted = asked(
        array="tiny", presets="tiny_serial,edge_bit_plane", rows="1", columns="2,4", lanes="3,8,16"
    )
    found = space(wanted, network())
    assert list(found.arrays) == ["pair_sum2-1x4x8", "pair_sum2-1x2x16"]
    assert found.left_out["edge_bit_plane"] == "384 MAC a cycle at 8 bits, not 8"
    assert "no plan for an array of serial units" in found.left_out["tiny_serial"]
    assert found.left_out["pair_sum2-1x2x3"].startswith("lanes must be even")
    assert set(found.left_out) == {
        "edge_bit_plane",
        "tiny_serial",
        "pair_sum2-1x2x3",
        "pair_sum2-1x4x3",
    }
    assert found.off_peak == 2


def test_no_array_at_all_is_an_error():
    with pytest.raises(
        ConfigurationError, match=r"^no array to explore: edge: layer conv: grouped convolution"
    ):
        space(asked(), network(groups=2))
    with pytest.raises(
        ConfigurationError, match=r"^no array to explore: edge: 384 MAC a cycle at 8 bits, not 7$"
    ):
        space(asked(peak="7"), network())


def test_a_label_is_unit_and_shape():
    assert label(preset("edge_int8_pe")) == "int8-24x16x1"
