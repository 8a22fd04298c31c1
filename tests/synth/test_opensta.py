"""The longest path by our analysis and by OpenSTA, where that is installed."""

from dataclasses import replace
from pathlib import Path

import pytest

from synth import opensta
from synth.errors import SynthesisToolError
from synth.flow import Synthesis, synthesise
from synth.liberty import Liberty
from synth.yosys_script import LIBERTY_FILE
from tests.synth import small_designs

needs_opensta = pytest.mark.skipif(
    not opensta.is_available(), reason="OpenSTA is not installed: there is no sta on PATH"
)
# Delays of the small library do not depend on transitions: both have to say the same.
BOUND = 1e-4


@pytest.fixture(scope="module")
def wide(small: Liberty, tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    text = small_designs.text(small_designs.MultiplyAccumulate(bits=6))
    return synthesise(text, "top", small, tmp_path_factory.mktemp("wide"))


@needs_opensta
@pytest.mark.parametrize("name", ["grid", "wide"])
def test_agrees_with_opensta(
    name: str, small: Liberty, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    design: Synthesis = request.getfixturevalue(name)
    theirs = opensta.critical_path_ns(design, "clk", small, tmp_path)
    assert design.timing.critical_path_ns == pytest.approx(theirs, rel=BOUND)


@needs_opensta
def test_a_clock_that_opensta_does_not_find_is_an_error(
    grid: Synthesis, small: Liberty, tmp_path: Path
) -> None:
    message = r"^top: OpenSTA finds no path \(log: .*opensta\.log\)$"
    with pytest.raises(SynthesisToolError, match=message):
        opensta.critical_path_ns(grid, "not_a_clock", small, tmp_path)


@needs_opensta
def test_a_cell_that_opensta_does_not_know_is_an_error(
    grid: Synthesis, small: Liberty, tmp_path: Path
) -> None:
    file = tmp_path / "netlist.v"
    cell = next(iter(grid.netlist.cells))
    file.write_text(grid.netlist_file.read_text().replace(f"{cell} ", "UNKNOWN ", 1))
    with pytest.raises(SynthesisToolError, match=r"^top: OpenSTA finds no path"):
        opensta.critical_path_ns(replace(grid, netlist_file=file), "clk", small, tmp_path)


def test_the_library_is_left_as_it_is(
    grid: Synthesis, small: Liberty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copy may lie where synthesis has a link to the library, whatever that is called."""
    before = small.path.read_bytes()
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in (opensta.COPY, LIBERTY_FILE):
        (tmp_path / name).symlink_to(small.path)
    with pytest.raises(SynthesisToolError, match=r"^OpenSTA cannot be run: "):
        opensta.critical_path_ns(grid, "clk", small, tmp_path)
    assert small.path.read_bytes() == before
    assert not (tmp_path / opensta.COPY).is_symlink()


def test_a_netlist_with_macros_is_refused(
    lookup: Synthesis, small: Liberty, tmp_path: Path
) -> None:
    with pytest.raises(SynthesisToolError, match=r"^top: OpenSTA is given netlists without macros"):
        opensta.critical_path_ns(lookup, "clk", small, tmp_path)


def test_a_missing_tool_is_named(
    grid: Synthesis, small: Liberty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not opensta.is_available()
    with pytest.raises(SynthesisToolError, match=r"^OpenSTA cannot be run: "):
        opensta.critical_path_ns(grid, "clk", small, tmp_path)
