"""Compiles a component for a simulator once, and runs cocotb testbenches on it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import cocotb_tools.config
from amaranth.lib.wiring import Component
from cocotb_tools.runner import get_runner

from hw.config import ArrayConfig
from hw.generate import verilog
from hw.matrix_unit import MatrixUnit
from sim.errors import SimulationError
from sim.results import check_results
from sim.toolchain import (
    BUILD_ARGUMENTS,
    MAKEFLAGS,
    SIMULATORS,
    check_simulator,
    environment,
    simulator_version,
)

__all__ = [
    "SIMULATORS",
    "CompiledModel",
    "check_simulator",
    "compile_component",
    "compile_matrix_unit",
    "run_testbench",
    "simulator_version",
]

TOP = "matrix_unit"
TIMESCALE = ("1ns", "1ps")
POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """A component compiled for a simulator.

    folder: the simulator's build folder. verilog_sha256: of the Verilog compiled. top: its module.
    """

    simulator: str
    folder: Path
    verilog_sha256: str
    top: str = TOP

    @property
    def executable(self) -> Path:
        """What the simulator runs."""
        return self.folder / ("sim.vvp" if self.simulator == "icarus" else self.top)

    @property
    def marker(self) -> Path:
        """Written last: the SHA-256 of the executable."""
        return self.folder / "compiled"

    @property
    def complete(self) -> bool:
        """Whether it was compiled to the end and is as it was then."""
        if not (self.marker.exists() and self.executable.exists()):
            return False
        return self.marker.read_text(errors="replace") == _sha256(self.executable.read_bytes())


def compile_matrix_unit(config: ArrayConfig, simulator: str, build: Path) -> CompiledModel:
    """Compile the matrix unit of `config`, see `compile_component`."""
    return compile_component(lambda: MatrixUnit(config), TOP, simulator, build)


def compile_component(
    component: Callable[[], Component], top: str, simulator: str, build: Path
) -> CompiledModel:
    """Generate and compile a component as module `top`; does nothing where that was done before.

    Raises SimulationError where the simulator is missing or refuses the Verilog.
    """
    check_simulator(simulator)
    text = verilog(component(), top)
    sha256 = _sha256(text.encode())
    key = _build_key(sha256, simulator)
    folder = (build / "simulation" / f"{simulator}-{key}").resolve()
    model = CompiledModel(simulator=simulator, folder=folder, verilog_sha256=sha256, top=top)
    if not model.complete:
        # make trusts whatever objects an interrupted run left.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _build(model, text)
        model.marker.write_text(_sha256(model.executable.read_bytes()))
    return model


def _build_key(verilog_sha256: str, simulator: str) -> str:
    """Names the build folder: everything that goes into the compiled model."""
    parts = (
        verilog_sha256,
        simulator,
        simulator_version(simulator),
        BUILD_ARGUMENTS[simulator],
        MAKEFLAGS,
        TIMESCALE,
        importlib.metadata.version("cocotb"),
        str(cocotb_tools.config.libs_dir),
    )
    return _sha256(json.dumps(parts).encode())[:16]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _build(model: CompiledModel, text: str) -> None:
    source, log = model.folder / f"{model.top}.v", model.folder / "compile.log"
    source.write_text(text)
    with environment(model.simulator):
        try:
            get_runner(model.simulator).build(
                sources=[source],
                hdl_toplevel=model.top,
                build_dir=model.folder,
                build_args=list(BUILD_ARGUMENTS[model.simulator]),
                timescale=TIMESCALE,
                always=True,
                log_file=log,
            )
        except (Exception, SystemExit) as error:
            raise SimulationError(
                f"{model.simulator} could not compile {source}: {_see(log, error)}"
            ) from error


def run_testbench(
    model: CompiledModel,
    module: str,
    variables: dict[str, str],
    log: Path,
    *,
    tests: int,
    poll: Callable[[], None] | None = None,
) -> None:
    """Run every cocotb test of `module`; raises SimulationError unless `tests` ran and all passed.

    The testbench writes its process id to the file that SIGMAQUANT_PID names. poll: called in the
    caller's thread every `POLL_SECONDS`; what it raises stops the simulator and goes on.
    """
    results, pid = log.with_suffix(".xml"), log.with_suffix(".pid")
    results.unlink(missing_ok=True)
    pid.unlink(missing_ok=True)
    variables = variables | {"SIGMAQUANT_PID": str(pid)}
    with environment(model.simulator), ThreadPoolExecutor(1) as worker:
        run = worker.submit(_run, model, module, variables, log, results)
        try:
            while wait([run], POLL_SECONDS).not_done:
                if poll:
                    poll()
        except BaseException:
            _stop(run, pid)
            raise
        run.result()
    check_results(results, log, tests)


def _run(
    model: CompiledModel, module: str, variables: dict[str, str], log: Path, results: Path
) -> None:
    try:
        get_runner(model.simulator).test(
            hdl_toplevel=model.top,
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
            raise SimulationError(f"{model.simulator} stopped: {_see(log, error)}") from error


def _stop(run: Future[None], pid: Path) -> None:
    """Kill the simulator, once it has said which process it is."""
    while not run.done():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.kill(int(pid.read_text()), signal.SIGKILL)
        wait([run], POLL_SECONDS)


def _see(log: Path, error: BaseException) -> str:
    return f"see {log}" if log.exists() else str(error)
