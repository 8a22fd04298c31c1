"""Configurations: every bad value is refused by name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from hw.config import ENGINES, PRESETS, ArrayConfig, EngineConfig, preset
from hw.dot_product.registry import DATAPATHS
from hw.errors import ConfigError

GOOD = {"unit": "pair_sum", "rows": 2, "columns": 4, "lanes": 8}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "fpu"}, f"unit must be one of {', '.join(DATAPATHS)}, not 'fpu'"),
        ({"unit": []}, f"unit must be one of {', '.join(DATAPATHS)}, not []"),
        ({"rows": 0}, "rows must be an integer in 1..256, not 0"),
        ({"rows": 2.0}, "rows must be an integer in 1..256, not 2.0"),
        ({"columns": True}, "columns must be an integer in 1..256, not True"),
        ({"columns": 257}, "columns must be an integer in 1..256, not 257"),
        ({"lanes": 7}, "lanes must be even and at least 2 for pair_sum, not 7"),
        ({"lanes": 2048}, "lanes must be an integer in 1..1024, not 2048"),
        ({"accumulator_width": 33}, "accumulator_width must be an integer in 16..32, not 33"),
        ({"drain_columns": 3}, "drain_columns must divide columns (4), not 3"),
    ],
)
def test_bad_values_are_named(change: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        ArrayConfig(**(GOOD | change))


@pytest.mark.parametrize("name", ["huge", [], None])
def test_unknown_preset_lists_the_known_ones(name: Any) -> None:
    message = rf"preset must be one of tiny, edge, .* not {re.escape(repr(name))}$"
    with pytest.raises(ConfigError, match=message):
        preset(name)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_of_one_name_have_the_same_peak_at_eight_bits(name: str) -> None:
    rate = {"tiny": 8, "edge": 384, "wide": 1536, "mac": 1}[name.split("_")[0]]
    assert PRESETS[name].macs_per_cycle(8) == (1 / 8 if name == "mac_serial" else rate)


def test_every_datapath_has_a_preset() -> None:
    assert {config.unit for config in PRESETS.values()} == set(DATAPATHS)


def test_narrow_weights_are_faster_on_the_shift_add_array_only() -> None:
    assert [preset("edge").macs_per_cycle(width) for width in (2, 4, 8)] == [1536, 768, 384]
    assert [preset("edge_int8").macs_per_cycle(width) for width in (2, 4, 8)] == [384] * 3


@pytest.mark.parametrize(("unit", "lanes"), [("serial", 1), ("bricks", 8)])
def test_engine_needs_beats_that_are_alike(unit: str, lanes: int) -> None:
    array = ArrayConfig(unit=unit, rows=1, columns=1, lanes=lanes)
    message = f"has the same beats and slots at every width: it cannot serve {unit}$"
    with pytest.raises(ConfigError, match=message):
        EngineConfig(
            array=array, activation_lines=4, weight_words=4, parameter_words=4, program_words=4
        )


@pytest.mark.parametrize("name", ENGINES)
def test_engines_of_one_name_have_the_same_memories(name: str) -> None:
    engine, first = ENGINES[name], ENGINES[name.split("_")[0]]
    assert engine.array == PRESETS[name]
    for field in ("activation_bytes", "weight_bytes", "program_words"):
        assert getattr(engine, field) == getattr(first, field), field
    assert (
        engine.parameter_words * engine.array.drain_columns
        == first.parameter_words * first.array.drain_columns
    )


def test_a_memory_of_more_words_than_addresses_is_refused() -> None:
    large = replace(ENGINES["edge"], weight_words=65536)
    message = "weight_words must be an integer in 1..65536, not 131072"
    with pytest.raises(ConfigError, match=message):
        large.around(PRESETS["edge_int8"])
