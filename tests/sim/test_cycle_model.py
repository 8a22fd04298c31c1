"""The closed form and the recurrence agree, and stalls only ever cost cycles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.plan import LayerPlan
from hw.config import ArrayConfig
from sim.cycle_model import Stalls, layer_cycles, stalled_cycles, utilization
from sim.errors import StallError

gaps = st.lists(st.integers(0, 6), min_size=1, max_size=9)


@st.composite
def plans(draw) -> LayerPlan:
    drain = draw(st.integers(1, 3))
    config = ArrayConfig(
        unit=draw(st.sampled_from(["pair_sum", "int8"])),
        rows=draw(st.integers(1, 3)),
        columns=drain * draw(st.integers(1, 12)),
        lanes=8,
        drain_columns=drain,
    )
    bits = draw(st.integers(2, 8))
    return LayerPlan(
        name="layer",
        bits=bits,
        positions=draw(st.integers(1, 9)),
        channels=draw(st.integers(1, 40)),
        reduction=8,
        beats=config.datapath.beats(bits),
        groups=draw(st.integers(1, 5)),
        config=config,
    )


@given(plans())
def test_recurrence_without_stalls_is_the_closed_form(plan: LayerPlan) -> None:
    assert stalled_cycles(plan, Stalls()) == layer_cycles(plan)


@given(plans(), gaps, gaps, gaps, gaps)
def test_stalls_never_save_cycles(plan: LayerPlan, a, w, p, o) -> None:
    stalls = Stalls(activations=a, weights=w, parameters=p, output=o)
    assert stalled_cycles(plan, stalls) >= layer_cycles(plan)


@pytest.mark.parametrize("pattern", [(), (2, -1)])
def test_impossible_stalls_are_refused(pattern: tuple[int, ...]) -> None:
    message = "stalls of weights must be one or more lengths of at least 0, not " + str(pattern)
    with pytest.raises(StallError, match=f"^{re.escape(message)}$"):
        Stalls(weights=pattern)


def test_one_known_layer() -> None:
    """Two groups of 4-bit weights: 8 steps a tile, 2 beats to drain, 3 tiles, latency 7."""
    config = ArrayConfig(unit="pair_sum", rows=1, columns=4, lanes=8, drain_columns=2)
    plan = LayerPlan(
        name="layer",
        bits=4,
        positions=3,
        channels=4,
        reduction=16,
        beats=4,
        groups=2,
        config=config,
    )
    assert layer_cycles(plan) == 8 + 2 + 2 * 8 + 7 - 1
    assert utilization(plan) == (3 * 4 * 16) / (32 * 8)
