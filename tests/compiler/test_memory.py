"""Layouts, host words and the placement of tensors."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.errors import CompileError
from compiler.memory import Layout, Lifetime, layout, place
from compiler.program import compile_network
from tests.helpers.networks import random_network
from tests.helpers.programs import engine

CONFIG = engine(activation_lines=100)  # 4 banks, lines of 16 bytes


def test_rows_are_whole_lines_and_spread_over_the_banks() -> None:
    tensor = layout("t", (3, 9, 7), 4, CONFIG)
    assert (CONFIG.banks, CONFIG.line_bytes) == (4, 16)
    assert (tensor.row_bytes, tensor.row_words, tensor.pitch, tensor.lines) == (28, 7, 2, 6)
    vector = layout("v", (10,), 10, CONFIG)
    assert (vector.map_shape, vector.row_words, vector.lines) == ((10, 1, 1), 3, 1)


def test_stream_words_are_pixels_of_channels_row_by_row() -> None:
    tensor = layout("t", (3, 2, 3), 3, CONFIG)
    codes = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    first, second = [0x010C0600, 0x08020D07, 0x0000000E], [0x040F0903, 0x0B05100A, 0x00000011]
    assert tensor.stream_words(codes) == first + second
    np.testing.assert_array_equal(tensor.codes(first + second), codes)


def test_padding_of_channels_and_rows_is_dropped() -> None:
    tensor = layout("t", (1, 2, 3), 2, CONFIG)
    words = [0xFF02_FF01, 0xFFFF_FF03, 0xFF05_FF04, 0xFFFF_FF06]
    np.testing.assert_array_equal(tensor.codes(words), [[[1, 2, 3], [4, 5, 6]]])
    vector = layout("v", (3,), 4, CONFIG)
    np.testing.assert_array_equal(vector.codes([0xFF03_0201]), [1, 2, 3])


def test_other_codes_and_words_are_refused() -> None:
    tensor = layout("t", (1, 2, 3), 2, CONFIG)
    message = "tensor t: codes must be uint8 of shape (1, 2, 3), not int64 of shape (1, 2, 2)"
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        tensor.stream_words(cast(Any, np.zeros((1, 2, 2), np.int64)))
    with pytest.raises(CompileError, match=r"^tensor t: a result has 4 words, not 3$"):
        tensor.codes([0, 0, 0])


def lifetime(name: str, lines: int, first: int, last: int) -> Lifetime:
    tensor = Layout(name=name, shape=(lines,), pixel_bytes=1, pitch=1, lines=lines)
    return Lifetime(layout=tensor, first=first, last=last)


LIFETIMES = st.lists(
    st.tuples(st.integers(1, 9), st.integers(-1, 5), st.integers(0, 3)), min_size=1, max_size=12
)


@given(sizes=LIFETIMES)
def test_tensors_that_meet_never_overlap(sizes: list[tuple[int, int, int]]) -> None:
    lifetimes = [
        lifetime(f"t{index}", lines, first, first + length)
        for index, (lines, first, length) in enumerate(sizes)
    ]
    placements = place(lifetimes, [], engine(activation_lines=108))
    assert placements == place(lifetimes, [], engine(activation_lines=108))
    for tensor in lifetimes:
        placed = placements[tensor.layout.name]
        assert placed.limit - placed.base == tensor.layout.lines
        assert placed.base >= 0
    for one, other in combinations(lifetimes, 2):
        together = one.first <= other.last and other.first <= one.last
        a, b = placements[one.layout.name], placements[other.layout.name]
        assert not together or a.limit <= b.base or b.limit <= a.base


def test_lines_are_used_again_after_the_last_reader() -> None:
    lifetimes = [lifetime("image", 6, -1, 0), lifetime("a", 4, 0, 1), lifetime("b", 6, 1, 2)]
    placements = place(lifetimes, ["first", "second"], engine(activation_lines=10))
    assert {name: tensor.base for name, tensor in placements.items()} == {
        "image": 0,
        "a": 6,
        "b": 0,
    }


def test_large_tensors_first_where_that_ends_lower() -> None:
    """In order of time "small" stands on "early" and leaves too little room below for "late"."""
    lifetimes = [lifetime("early", 4, 0, 1), lifetime("small", 1, 0, 2), lifetime("late", 5, 2, 2)]
    placements = place(lifetimes, [], engine(activation_lines=6))
    bases = {name: tensor.base for name, tensor in placements.items()}
    assert bases == {"early": 0, "small": 5, "late": 0}


def test_activations_that_do_not_fit_are_refused_with_the_worst_layer() -> None:
    lifetimes = [
        lifetime("image", 10, -1, 0),
        lifetime("a", 4, 0, 2),
        lifetime("b", 30, 1, 2),
        lifetime("c", 30, 2, 3),
    ]
    message = (
        "layer conv3, add needs 4,096 B of activation memory for a, b, c, the engine has 4,032; "
        "use a smaller image or activation_lines=64"
    )
    with pytest.raises(CompileError, match=f"^{re.escape(message)}$"):
        place(lifetimes, ["conv1", "conv2", "conv3, add"], engine(activation_lines=63))
    place(lifetimes, ["conv1", "conv2", "conv3, add"], engine(activation_lines=64))


def test_a_residual_network_takes_no_more_lines_than_its_worst_layer() -> None:
    """conv3 reads conv1 and adds conv2; the image's lines are used again."""
    program = compile_network(random_network(0), CONFIG)
    tensors = program.tensors
    needed = sum(tensors[name].lines for name in ("conv1", "conv2", "add"))
    assert program.activation_lines == needed == 17
    assert tensors["image"].base >= tensors["conv1"].limit
    assert tensors["conv2"].base < tensors["image"].limit
    assert list(tensors)[:3] == ["image", "conv1", "conv2"]
