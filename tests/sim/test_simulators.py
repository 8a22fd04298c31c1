"""Compiled models: made once, made again where anything is missing, damaged or different."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hw.config import ArrayConfig, preset
from sim import simulators
from sim.errors import SimulationError
from sim.simulators import TOP, CompiledModel, compile_matrix_unit

TINY = ArrayConfig(unit="int8", rows=1, columns=1, lanes=1)


class FakeRunner:
    """Stands for cocotb's: notes what it finds in the build folder and leaves an executable."""

    def __init__(self) -> None:
        self.found: list[set[str]] = []

    def build(self, *, build_dir: Path, **_: object) -> None:
        self.found.append({path.name for path in build_dir.iterdir()})
        (build_dir / TOP).write_bytes(b"executable")
        (build_dir / "object.o").touch()


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(simulators, "get_runner", lambda _: fake)
    monkeypatch.setattr(simulators, "MatrixUnit", lambda config: config)
    monkeypatch.setattr(simulators, "verilog", lambda _component, name: f"module {name};")
    return fake


def path_without_python(folder: Path) -> str:
    """A PATH with every program of the real one except a bare `python`."""
    for place in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            link = folder / program.name
            if program.name != "python" and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_compiles_without_a_program_called_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", path_without_python(programs))
    assert shutil.which("python") is None
    model = compile_matrix_unit(TINY, "verilator", tmp_path)
    assert model.complete


def test_compiled_model_is_used_again(tmp_path: Path, runner: FakeRunner) -> None:
    first = compile_matrix_unit(TINY, "verilator", tmp_path)
    assert compile_matrix_unit(TINY, "verilator", tmp_path) == first
    assert runner.found == [{f"{TOP}.v"}]


@pytest.mark.parametrize(
    "damage",
    [
        lambda model: model.marker.unlink(),
        lambda model: model.marker.write_bytes(b"\xff half"),
        lambda model: model.executable.write_bytes(b"exec"),
        lambda model: model.executable.unlink(),
    ],
)
def test_damaged_model_is_compiled_from_nothing(
    tmp_path: Path, runner: FakeRunner, damage: Callable[[CompiledModel], None]
) -> None:
    model = compile_matrix_unit(TINY, "verilator", tmp_path)
    damage(model)
    assert not model.complete
    assert compile_matrix_unit(TINY, "verilator", tmp_path).complete
    assert runner.found == [{f"{TOP}.v"}] * 2, "leftovers were there for make to trust"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAKEFLAGS", "other"),
        ("TIMESCALE", ("1ns", "1ns")),
        ("BUILD_ARGUMENTS", {"verilator": ("-DX",)}),
        ("simulator_version", lambda _: "other"),
    ],
)
def test_other_settings_are_another_model(
    tmp_path: Path, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    first = compile_matrix_unit(TINY, "verilator", tmp_path)
    monkeypatch.setattr(simulators, name, value)
    assert compile_matrix_unit(TINY, "verilator", tmp_path).folder != first.folder
    assert len(runner.found) == 2


def test_other_cocotb_is_another_model(
    tmp_path: Path, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {compile_matrix_unit(TINY, "verilator", tmp_path).folder}
    monkeypatch.setattr(simulators.cocotb_tools.config, "libs_dir", Path("/other"))
    folders.add(compile_matrix_unit(TINY, "verilator", tmp_path).folder)
    honest = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "other" if name == "cocotb" else honest(name)
    )
    folders.add(compile_matrix_unit(TINY, "verilator", tmp_path).folder)
    assert len(folders) == len(runner.found) == 3


def test_failed_compilation_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = simulators.verilog
    monkeypatch.setattr(simulators, "verilog", lambda *a: honest(*a).replace("endmodule", "end", 1))
    with pytest.raises(SimulationError, match=r"verilator could not compile .*\.v: see .*\.log"):
        compile_matrix_unit(preset("tiny"), "verilator", tmp_path)
    assert not list(tmp_path.rglob("compiled"))


def test_failure_without_a_log_gives_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(simulators, "get_runner", fail)
    with pytest.raises(SimulationError, match=r"could not compile .*\.v: no such thing$"):
        compile_matrix_unit(TINY, "verilator", tmp_path)
    model = CompiledModel(simulator="verilator", folder=tmp_path, verilog_sha256="")
    with pytest.raises(SimulationError, match=r"verilator stopped: no such thing$"):
        simulators.run_testbench(model, "bench", {}, tmp_path / "x.log", tests=1)
