"""Cycles of an exported network on the engine, or why it cannot run there."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from compiler.program import compile_network
from hw.config import engine_preset
from quant.integer_network import load, save
from sigmaquant.steps import engine, fit
from sim.networks import build
from sim.program_model import program_timing


def context(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(folder_of=lambda _: folder)


@pytest.mark.parametrize("name", ["tiny", "edge"])
def test_cycles_are_the_model_s(name: str):
    found = fit._compute(name, None, context(engine.DIGITS_FOLDER))  # pyright: ignore
    program = compile_network(load(engine.DIGITS_FOLDER), engine_preset(name))
    assert (found.engine, found.cycles) == (name, program_timing(program).cycles)
    assert found.reason == ""


def test_a_network_that_does_not_fit_says_why(tmp_path: Path):
    save(build("resnet20", 8), tmp_path)
    found = fit._compute("tiny", None, context(tmp_path))  # pyright: ignore
    assert found.cycles is None
    assert "memory" in found.reason
    assert "\n" not in found.reason
