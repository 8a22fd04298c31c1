"""Libraries and synthesised designs that several tests share."""

from pathlib import Path

import pytest

from synth.flow import Synthesis, synthesise
from synth.liberty import Liberty, load
from tests.synth import small_designs, small_library


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Liberty:
    path = tmp_path_factory.mktemp("library") / "small.lib"
    path.write_text(small_library.text())
    return load(path)


@pytest.fixture(scope="session")
def grid(small: Liberty, tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    folder = tmp_path_factory.mktemp("grid with spaces")
    return synthesise(small_designs.text(small_designs.Grid()), "top", small, folder)


@pytest.fixture(scope="session")
def lookup(small: Liberty, tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """A design with two memories."""
    folder = tmp_path_factory.mktemp("lookup")
    return synthesise(small_designs.text(small_designs.Lookup()), "top", small, folder)


@pytest.fixture(scope="session")
def synthesis_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build folder of the session: a design mapped for one test serves the others too."""
    return tmp_path_factory.mktemp("synthesis")


@pytest.fixture
def write_library(tmp_path: Path):
    def write(content: str) -> Path:
        path = tmp_path / "cells.lib"
        path.write_text(content)
        return path

    return write
