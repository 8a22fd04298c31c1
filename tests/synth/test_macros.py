import pytest

from synth.errors import SynthesisInputError
from synth.flow import Synthesis
from synth.macros import attach, detach, find_macros, outputs_of
from synth.netlist import Instance, Netlist
from synth.rtlil_text import split
from tests.synth import small_designs

WHOLE = Netlist(
    name="top",
    net_count=8,
    instances=(
        Instance("a.words", "BOX", {"addr": [2, 3], "data": [4]}),
        Instance("not", "INV", {"A": [4], "Y": [5]}),
    ),
    inputs={"address": [2, 3]},
    outputs={"y": [5]},
)
PINS = {"BOX": ["data"]}


def test_pins_of_what_is_left_out_are_ports() -> None:
    logic = detach(WHOLE, PINS)

    assert [instance.name for instance in logic.instances] == ["not"]
    assert logic.inputs == {"address": [2, 3], "a.words/data": [4]}
    assert logic.outputs == {"y": [5], "a.words/addr": [2, 3]}


def test_what_was_left_out_comes_back() -> None:
    back = attach(detach(WHOLE, PINS), WHOLE, PINS)

    assert sorted(i.name for i in back.instances) == sorted(i.name for i in WHOLE.instances)
    assert (back.inputs, back.outputs) == (WHOLE.inputs, WHOLE.outputs)


def test_black_boxes_of_a_text_with_their_pins() -> None:
    text = small_designs.text(small_designs.Lookup())
    (macro,) = find_macros(text).values()

    assert (macro.name, macro.words, macro.bits) == ("memory_8x32_s1_1w1r", 8, 32)
    assert macro.outputs == {"r0_data": 32}
    widths = {"clk": 1, "w0_addr": 3, "w0_data": 32, "w0_en": 1, "r0_addr": 3, "r0_en": 1}
    assert macro.inputs == widths
    assert outputs_of({"m": macro}) == {"m": {"r0_data": 32}}
    assert "\\memory_8x32_s1_1w1r" not in split(text)


def test_a_black_box_that_is_no_memory_is_refused() -> None:
    text = "attribute \\blackbox 1\nmodule \\pll\nend\n"
    message = r"^black box pll has no attributes words and bits: only memories may be left out$"
    with pytest.raises(SynthesisInputError, match=message):
        find_macros(text)


def test_netlist_has_the_boxes_with_all_their_bits(lookup: Synthesis) -> None:
    boxes = [i for i in lookup.netlist.instances if i.cell in lookup.macros]

    assert sorted(i.name for i in boxes) == ["even.words", "odd.words"]
    assert all(len(i.nets["r0_data"]) == 32 for i in boxes)
    clocks = {tuple(i.nets["clk"]) for i in boxes}
    assert clocks == {tuple(lookup.netlist.inputs["clk"])}
