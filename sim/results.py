"""Reads a simulator's results file, so that no run passes that did not happen."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from sim.errors import SimulationError


def check_results(results: Path, log: Path, expected: int) -> None:
    """Raise SimulationError unless a results file tells of `expected` tests, all run and passed.

    results: JUnit XML as cocotb writes it. log: named in the messages, searched for the reason.
    """
    if not results.exists():
        raise SimulationError(f"the simulation wrote no results: see {log}")
    try:
        suites = ET.parse(results).getroot().findall("testsuite")
    except ET.ParseError as error:
        raise SimulationError(
            f"the simulation's results {results} are damaged ({error}): see {log}"
        ) from error
    ran = _total(suites, "tests") - _total(suites, "skipped")
    failed = _total(suites, "failures") + _total(suites, "errors")
    if failed:
        raise SimulationError(f"{failed} of {ran} runs failed;{_reason(log)} (log: {log})")
    if ran != expected:
        raise SimulationError(f"the simulation ran {ran} of {expected} tests: see {log}")


def _total(suites: list[ET.Element], attribute: str) -> int:
    return sum(int(suite.get(attribute, 0)) for suite in suites)


def _reason(log: Path) -> str:
    """The first failed assertion in the log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    reasons = (line.split("AssertionError:")[1] for line in lines if "AssertionError:" in line)
    return next(reasons, " unexpected error")
