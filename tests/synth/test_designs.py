import re

import pytest

from hw.array import DotProductArray
from hw.config import ENGINES, PRESETS, engine_preset, preset
from hw.engine.engine import Engine
from hw.generate import rtlil
from synth.designs import BLOCKS, Design
from synth.errors import SynthesisInputError
from synth.macros import find_macros

PORT = re.compile(r"(input|output) \d+ .*\\(\w+)$", re.MULTILINE)


@pytest.mark.parametrize(
    ("block", "name", "message"),
    [
        (
            "fpu",
            "tiny",
            r"^design must be one of unit, array, requantizer, matrix_unit, engine, not 'fpu'$",
        ),
        ("array", "huge", r"^preset of a design array must be one of tiny, edge, .*, not 'huge'$"),
        (
            "engine",
            "edge_bricks",
            r"^preset of a design engine must be one of tiny, edge, wide, .*, not 'edge_bricks'$",
        ),
    ],
)
def test_what_there_is_not_is_named(block: str, name: str, message: str) -> None:
    with pytest.raises(SynthesisInputError, match=message):
        Design(block=block, preset=name)


@pytest.mark.parametrize(("block", "hardware"), [("array", DotProductArray), ("engine", Engine)])
def test_a_design_is_the_hardware_of_its_preset(block: str, hardware: type) -> None:
    component = Design(block=block, preset="tiny").component()
    assert isinstance(component, hardware)
    assert rtlil(component, "top")  # Amaranth warns of hardware that nobody turns into text


def test_a_configuration_is_of_the_blocks_kind() -> None:
    with pytest.raises(SynthesisInputError, match=r"^array-mine must have an ArrayConfig, not Eng"):
        Design(block="array", preset="mine", configuration=engine_preset("tiny"))
    with pytest.raises(SynthesisInputError, match=r"^engine-mine must have an EngineConfig, not A"):
        Design(block="engine", preset="mine", configuration=preset("tiny"))


@pytest.mark.parametrize("block", BLOCKS)
def test_designs_are_known_by_their_names(block: str) -> None:
    for name in BLOCKS[block].presets:
        design = Design.named(f"{block}-{name}")
        assert (design.block, design.preset, design.name) == (block, name, f"{block}-{name}")
        assert design.array == PRESETS[name]


@pytest.mark.parametrize("name", ["tiny", "tiny_int8_booth", "tiny_serial"])
def test_a_unit_is_what_the_array_repeats(name: str) -> None:
    array, unit = (Design(block=block, preset=name).rtlil() for block in ("array", "unit"))

    (module,) = set(re.findall(r"cell \\(\w+) \\unit_\d+_\d+$", array, re.MULTILINE))
    inside = array[array.index(f"module \\{module}\n") :].partition("\nend\n")[0]
    top = unit[unit.index("module \\top\n") :].partition("\nend\n")[0]
    ports = set(PORT.findall(top))
    assert {("input", "control"), ("output", "accumulator")} <= ports
    assert ports == set(PORT.findall(inside))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_rates(width: int) -> None:
    rates = {
        block: Design(block=block, preset="tiny").macs_per_cycle(width)
        for block in ("unit", "array", "matrix_unit", "engine", "requantizer")
    }
    whole = preset("tiny").macs_per_cycle(width)
    assert rates.pop("requantizer") is None
    assert rates.pop("unit") == whole / preset("tiny").units
    assert set(rates.values()) == {whole}


def test_an_engine_is_logic_around_black_boxes() -> None:
    design = Design(block="engine", preset="tiny")
    text = design.rtlil()

    config = ENGINES["tiny"]
    sizes = {(macro.words, macro.bits) for macro in find_macros(text).values()}
    assert (config.weight_words, config.weight_word_bits) in sizes
    assert "$mem" not in text
    assert design.to_record()["array"] == preset("tiny").to_dict()
