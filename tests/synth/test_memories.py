from collections import Counter
from dataclasses import replace

import pytest

from hw.config import engine_preset
from synth.designs import TOP, Design
from synth.errors import SynthesisToolError
from synth.flow import Synthesis
from synth.liberty import Liberty
from synth.macros import find_macros
from synth.memories import MemoryArea, access_times_ns, memory_areas
from synth.memory_traffic import memories
from synth.rtlil_text import split

ENGINE = Design(block="engine", preset="tiny")
TABLES = MemoryArea(
    name="tables", count=2, words=8, bits=32, area_um2=500.0, access_ns=0.75, reason=""
)


def test_an_engines_memories_beside_a_library_of_the_models_node(small: Liberty) -> None:
    found = memory_areas(ENGINE, replace(small, name="NangateOpenCellLibrary"))

    expected = memories(engine_preset("tiny"))
    assert [memory.name for memory in found] == list(expected)
    for memory in found:
        count, model = expected[memory.name]
        assert (memory.count, memory.words) == (count, model.words)
        assert memory.area_um2 == pytest.approx(count * model.area_um2)
        assert memory.access_ns == model.access_ns
        assert memory.bits % 32 == 0
        assert memory.reason == ""


@pytest.mark.parametrize(
    ("library", "reason"),
    [
        (
            "osu018_stdcells",
            "there is no memory model for 180 nm, only for 45 nm: give figures of the array alone",
        ),
        ("small", "the node of the library small is not known: there is no memory model"),
    ],
)
def test_no_figures_without_a_model(small: Liberty, library: str, reason: str) -> None:
    for memory in memory_areas(ENGINE, replace(small, name=library)):
        assert (memory.area_um2, memory.access_ns, memory.reason) == (None, None, reason)


@pytest.mark.parametrize("preset", ["tiny", "tiny_int8"])
def test_the_hardware_of_an_engine_has_the_memories_that_are_told(
    small: Liberty, preset: str
) -> None:
    design = Design(block="engine", preset=preset)
    text = design.rtlil()
    modules, macros = split(text), find_macros(text)
    placed = Counter[tuple[int, int]]()
    pending = [f"\\{TOP}"]
    while pending:
        for child in modules[pending.pop()].children.elements():
            macro = macros.get(child.removeprefix("\\"))
            if macro is not None:
                placed[macro.words, macro.bits] += 1
            elif child in modules:
                pending.append(child)
    told = Counter[tuple[int, int]]()
    for memory in memory_areas(design, small):
        told[memory.words, memory.bits] += memory.count
    assert placed == told


def test_an_array_has_no_memories(small: Liberty) -> None:
    assert memory_areas(Design(block="array", preset="tiny"), small) == []


def test_data_arrive_after_the_access_time(lookup: Synthesis) -> None:
    assert access_times_ns([TABLES], lookup.netlist, lookup.macros) == {
        "even.words/r0_data": 0.75,
        "odd.words/r0_data": 0.75,
    }


def test_without_a_model_nothing_is_known_of_the_time(lookup: Synthesis) -> None:
    unknown = replace(TABLES, access_ns=None)
    assert access_times_ns([unknown], lookup.netlist, lookup.macros) == {}


def test_other_memories_than_the_configurations_are_an_error(lookup: Synthesis) -> None:
    message = (
        r"^top: the netlist has memories \(words, bits\) \{\(8, 32\): 2\}, "
        r"its configuration \{\(8, 32\): 3\}$"
    )
    with pytest.raises(SynthesisToolError, match=message):
        access_times_ns([replace(TABLES, count=3)], lookup.netlist, lookup.macros)
