from pathlib import Path

import pytest

from synth.deduplicate import merge_identical_modules
from synth.errors import SynthesisInputError, SynthesisToolError
from synth.parts import Part, find_parts
from synth.rtlil_text import split
from tests.synth import small_designs
from tests.synth.equivalence import prove_equal

# Two leaves that differ in the wire names alone, and two users that differ by the leaf they take.
RENAMED = r"""
module \leaf_a
  wire width 2 input 0 \port$1
  wire width 2 output 1 \port$2
  cell $not $1
    parameter \A_SIGNED 0
    parameter \A_WIDTH 2
    parameter \Y_WIDTH 2
    connect \A \port$1
    connect \Y \port$2
  end
end
attribute \src "elsewhere:1"
module \leaf_b
  wire width 2 input 0 \x
  attribute \src "elsewhere:2"
  wire width 2 output 1 \y
  cell $not $1
    parameter \A_SIGNED 0
    parameter \A_WIDTH 2
    parameter \Y_WIDTH 2
    connect \A \x
    connect \Y \y
  end
end
attribute \top 1
module \top
  wire width 2 input 0 \i
  wire width 2 output 1 \o
  wire width 2 $1
  cell \leaf_a \first
    connect \port$1 \i
    connect \port$2 $1
  end
  cell \leaf_b \second
    connect \y \o
    connect \x $1
  end
end
"""


def test_modules_that_differ_in_names_alone_are_merged() -> None:
    merged = merge_identical_modules(RENAMED)

    assert list(split(merged)) == [r"\leaf_a", r"\top"]
    assert merged.count("cell \\leaf_a ") == 2
    assert "connect \\port$2 \\o" in merged
    assert "connect \\port$1 $1" in merged


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("$not $1\n    parameter \\A_SIGNED 0", "$not $1\n    parameter \\A_SIGNED 1"),
        ("cell $not", "cell $pos"),
        ("connect \\A \\x", "connect \\A 2'10"),
        ("wire width 2 input 0 \\x", "attribute \\init 2'11\n  wire width 2 input 0 \\x"),
        ("module \\leaf_b", "attribute \\keep 1\nmodule \\leaf_b"),
    ],
)
def test_modules_that_differ_are_kept(before: str, after: str) -> None:
    head, _, tail = RENAMED.partition("attribute \\src")
    changed = head + "attribute \\src" + tail.replace(before, after, 1)

    assert changed != RENAMED
    assert list(split(merge_identical_modules(changed))) == [r"\leaf_a", r"\leaf_b", r"\top"]


def test_amaranth_instances_become_one_module() -> None:
    text = small_designs.text(small_designs.Grid(3, 3))

    assert len(split(text)) == 10
    assert list(split(merge_identical_modules(text))) == [r"\top", r"\top.unit_0_0"]


def test_unit_of_another_width_stays() -> None:
    text = small_designs.text(small_designs.Grid(odd=True))

    assert list(split(merge_identical_modules(text))) == [
        r"\top",
        r"\top.unit_0_0",
        r"\top.unit_1_1",
    ]


def test_merging_twice_changes_nothing() -> None:
    once = merge_identical_modules(small_designs.text(small_designs.Grid()))

    assert merge_identical_modules(once) == once


@pytest.mark.parametrize("odd", [False, True])
def test_merged_text_is_proved_equivalent(tmp_path: Path, odd: bool) -> None:
    text = small_designs.text(small_designs.Grid(odd=odd))
    (tmp_path / "before.il").write_text(text)
    (tmp_path / "after.il").write_text(merge_identical_modules(text))

    prove_equal(["read_rtlil before.il"], ["read_rtlil after.il"], tmp_path)


def test_renamed_ports_are_connected_equivalently(tmp_path: Path) -> None:
    (tmp_path / "before.il").write_text(RENAMED)
    (tmp_path / "after.il").write_text(merge_identical_modules(RENAMED))

    prove_equal(["read_rtlil before.il"], ["read_rtlil after.il"], tmp_path)


def test_the_proof_can_fail(tmp_path: Path) -> None:
    (tmp_path / "before.il").write_text(RENAMED)
    (tmp_path / "after.il").write_text(RENAMED.replace("cell $not", "cell $pos", 1))

    with pytest.raises(SynthesisToolError, match=r"^Yosys failed at 'prove equivalence': "):
        prove_equal(["read_rtlil before.il"], ["read_rtlil after.il"], tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^cannot read the RTLIL text: it has no module$"),
        ("module \\a\n  wire \\x\n", r"^cannot read the RTLIL text: module \\a has no end$"),
        ("module \\a\n  cell \\a \\b\n  end\nend\n", r"^module \\a instantiates itself$"),
    ],
)
def test_damaged_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(SynthesisInputError, match=message):
        merge_identical_modules(text)


def test_parts_of_a_grid_are_the_repeated_unit_and_the_rest() -> None:
    text = merge_identical_modules(small_designs.text(small_designs.Grid(2, 3)))

    assert find_parts(text, "top") == [
        Part(name="top", instances=1),
        Part(name="top.unit_0_0", instances=6),
    ]


def test_design_without_repetition_is_one_part() -> None:
    text = small_designs.text(small_designs.Grid(1, 1))

    assert find_parts(text, "top") == [Part(name="top", instances=1)]


def test_neighbour_of_a_repeated_unit_is_a_part() -> None:
    text = merge_identical_modules(small_designs.text(small_designs.Grid(odd=True)))

    assert [(part.name, part.instances) for part in find_parts(text, "top")] == [
        ("top", 1),
        ("top.unit_0_0", 3),
        ("top.unit_1_1", 1),
    ]
