"""The ratchet on small designs: what synthesis once reached, it has to reach again."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.networks.builder import NetworkBuilder
from synth import ratchet
from synth.designs import Design
from synth.energy.record import EnergyMeter
from synth.errors import SynthesisInputError
from synth.liberty import Liberty
from synth.ratchet import Limit, Ratchet
from synth.record import MappedDesign, mapped_design

LIMITS = Path(__file__).with_name("limits.json")
PRESETS = ("tiny", "tiny_int8_booth")
MIX = {2: 20, 4: 40, 6: 25, 8: 15}


@pytest.fixture(scope="module")
def designs(small: Liberty, synthesis_build: Path) -> dict[str, MappedDesign]:
    return {
        name: mapped_design(Design(block="array", preset=name), small, synthesis_build)
        for name in PRESETS
    }


@pytest.fixture(scope="module")
def figures(designs: dict[str, MappedDesign], small: Liberty) -> dict[str, float]:
    builder = NetworkBuilder(np.random.default_rng(1), (8, 6, 6), images=2)
    builder.conv("conv", "image", 4, 3, 4, relu=True)
    network = builder.network("ratchet", "tests/synth/test_ratchet.py")
    image = np.random.default_rng(2).integers(0, 256, size=(8, 6, 6), dtype=np.uint8)
    found: dict[str, float] = {}
    for name, design in designs.items():
        record = design.record
        energy = EnergyMeter(design, small).measure(network, image, cycles=32)
        found |= {
            f"{name} area, um2": record.area_um2,
            f"{name} critical path, ns": record.critical_path_ns,
            f"{name} energy at 4 bits, fJ/MAC": energy.fj_per_mac,
        }
    ours, rival = (design.record.area_per_mac_cycle(MIX)["mix"] for design in designs.values())
    return found | {"area at the mix over that of int8_booth": ours / rival}


def test_small_designs_are_as_good_as_they_were(
    figures: dict[str, float],
    designs: dict[str, MappedDesign],
    pytestconfig: pytest.Config,
):
    limits = ratchet.load(LIMITS)
    netlists = {name: design.record.netlist_sha256 for name, design in designs.items()}
    if pytestconfig.getoption("--tighten"):
        limits.tightened(figures, netlists).save(LIMITS)
    changed = limits.changed(netlists)
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if changed and reporter:
        reporter.write_line(
            f"\nnote: not the netlists that limits.json was written for: {', '.join(changed)}"
        )
    assert not limits.violations(figures), (
        "mend it, or raise the limit in tests/synth/limits.json and say why"
    )


AREA = Limit(metric="area", compare="<=", value=100.0)
RATE = Limit(metric="rate", compare=">=", value=2.0)
RATCHET = Ratchet(limits=(AREA, RATE), netlists={"tiny": "a"})


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"area": 100.0, "rate": 2.0}, None),
        ({"area": 100.1, "rate": 2.0}, "area: 100.1 is not <= 100"),
        ({"area": 99.0, "rate": 1.5}, "rate: 1.5 is not >= 2"),
        ({"area": float("nan"), "rate": 2.0}, "area: nan is not <= 100"),
        ({"area": 99.0}, "rate: no figure; a metric that is missing is no success"),
        ({"area": 99.0, "rate": 2.0, "power": 1.0}, "power: has no limit"),
    ],
)
def test_a_crossed_limit_is_named(figures: dict[str, float], message: str | None):
    assert RATCHET.violations(figures) == ([] if message is None else [message])


@pytest.mark.parametrize("figures", [{}, {"area": float("-inf"), "rate": float("inf")}])
def test_what_is_no_figure_tightens_nothing(figures: dict[str, float]):
    assert RATCHET.tightened(figures, {}).limits == RATCHET.limits


def test_tightening_never_loosens_and_still_allows_the_figure():
    figures = {"area": 90.1234567, "rate": 1.0}
    tighter = RATCHET.tightened(figures, {"tiny": "b"})
    area, rate = tighter.limits
    assert figures["area"] <= area.value < 90.13
    assert rate == RATE
    assert tighter.changed({"tiny": "b"}) == []
    assert RATCHET.changed({"tiny": "b"}) == ["tiny"]


@settings(max_examples=200)
@given(st.floats(-1e9, 1e9), st.sampled_from(["<=", ">="]))
def test_a_tightened_limit_allows_the_figure_and_little_more(figure: float, compare: str):
    loose = Limit(metric="m", compare=compare, value=2e9 if compare == "<=" else -2e9)  # pyright: ignore[reportArgumentType]
    tight = loose.tightened(figure)
    assert tight.allows(figure)
    assert abs(tight.value - figure) <= 1.1e-5 * abs(figure)
    assert tight.tightened(figure) == tight


def test_the_file_says_what_was_saved(tmp_path: Path):
    RATCHET.save(tmp_path / "limits.json")
    assert ratchet.load(tmp_path / "limits.json") == RATCHET


@pytest.mark.parametrize(
    "content",
    [
        "",
        {"limits": []},
        {"limits": [], "netlist_sha256": {}},
        {"limits": [{"metric": "a", "compare": "<", "value": 1}], "netlist_sha256": {}},
        {"limits": [{"metric": "a", "compare": "<=", "value": 1}] * 2, "netlist_sha256": {}},
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: object):
    path = tmp_path / "limits.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(SynthesisInputError, match=r"limits\.json: "):
        ratchet.load(path)
