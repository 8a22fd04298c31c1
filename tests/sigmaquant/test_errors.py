import importlib

import pytest

from sigmaquant.errors import ROOMS, is_expected, one_line

ERRORS = (
    ("hw.errors", "ConfigError"),
    ("quant.errors", "QuantError"),
    ("quant.integer_network", "IntegerNetworkError"),
    ("compiler.errors", "CompileError"),
    ("sim.errors", "SimulationError"),
    ("sim.golden", "GoldenError"),
    ("synth.errors", "SynthesisInputError"),
    ("synth.errors", "SynthesisToolError"),
    ("sigmaquant.errors", "ConfigurationError"),
)


@pytest.mark.parametrize(("module", "name"), ERRORS)
def test_the_errors_of_every_room_are_told_in_one_line(module: str, name: str):
    error = getattr(importlib.import_module(module), name)("what, where\nwhat to do")
    assert is_expected(error)
    assert one_line(error) == "what, where what to do"


def test_every_room_has_errors_here():
    assert {module.split(".")[0] for module, _ in ERRORS} == set(ROOMS)


@pytest.mark.parametrize("bug", [ValueError("x"), RuntimeError("x"), KeyError("x"), OSError("x")])
def test_other_errors_are_bugs(bug: Exception):
    assert not is_expected(bug)
