"""Results files: only a run of every test, all passed, passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import SimulationError
from sim.results import check_results


def suite(tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"<testsuites><testsuite {counts}/></testsuites>"


def check(folder: Path, xml: str, expected: int) -> None:
    (folder / "x.xml").write_text(xml)
    check_results(folder / "x.xml", folder / "x.log", expected)


def test_results_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"wrote no results: see .*x\.log"):
        check_results(tmp_path / "x.xml", tmp_path / "x.log", 1)


def test_failed_results_give_the_reason(tmp_path: Path) -> None:
    log = "0.1ns WARNING test AssertionError: conv1: 3 codes differ\nmore\n"
    (tmp_path / "x.log").write_text(log)
    with pytest.raises(SimulationError, match="1 of 2 runs failed; conv1: 3 codes differ"):
        check(tmp_path, suite(2, failures=1), 2)


def test_errors_are_failures(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="1 of 2 runs failed; unexpected error"):
        check(tmp_path, suite(2, errors=1), 2)


@pytest.mark.parametrize("xml", [suite(0), suite(3, skipped=3), "<testsuites/>"])
def test_run_without_tests_fails(tmp_path: Path, xml: str) -> None:
    with pytest.raises(SimulationError, match=r"the simulation ran 0 of 3 tests: see .*x\.log"):
        check(tmp_path, xml, 3)


def test_missing_tests_fail(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="the simulation ran 2 of 3 tests"):
        check(tmp_path, suite(2), 3)


@pytest.mark.parametrize("xml", ["", "garbage", suite(1)[:-5]])
def test_damaged_results_fail(tmp_path: Path, xml: str) -> None:
    with pytest.raises(SimulationError, match=r"results .*x\.xml are damaged .*: see .*x\.log"):
        check(tmp_path, xml, 1)


def test_passed_results_pass(tmp_path: Path) -> None:
    check(tmp_path, suite(2), 2)
    check(tmp_path, suite(3, skipped=1), 2)
