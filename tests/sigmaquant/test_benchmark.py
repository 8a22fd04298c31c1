import json
from pathlib import Path

import pytest

from sigmaquant import benchmark
from sigmaquant.errors import StoreError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path)
    return tmp_path


def test_a_record_carries_all_that_made_it(folder: Path):
    path = benchmark.write_record("speed", {"cycles": 12}, "sigmaquant demo", {"a.lib": "00ff"})
    assert path == folder / "speed.json"
    record = benchmark.read_record("speed")
    assert record["figures"] == {"cycles": 12}
    assert record["command"] == "sigmaquant demo"
    assert record["inputs"] == {"a.lib": "00ff"}
    assert set(record["sources"]) == set(benchmark.ROOMS)
    assert {"python", "torch", "pyosys", "verilator"} <= set(record["versions"])
    assert record["machine"]["cores"] >= 1


@pytest.mark.usefixtures("folder")
def test_optional_distributions_are_named_where_they_took_part():
    benchmark.write_record("speed", {}, "sigmaquant demo", {}, ("hypothesis",))
    assert "hypothesis" in benchmark.read_record("speed")["versions"]
    benchmark.write_record("speed", {}, "sigmaquant demo", {})
    assert "hypothesis" not in benchmark.read_record("speed")["versions"]


def test_a_record_names_no_machine_path(folder: Path):
    benchmark.write_record("speed", {}, "sigmaquant demo", {})
    assert str(Path.cwd()) not in (folder / "speed.json").read_text()


def test_figures_that_are_no_numbers_are_refused(folder: Path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        benchmark.write_record("speed", {"cycles": float("nan")}, "sigmaquant demo", {})
    assert list(folder.iterdir()) == []


def test_a_damaged_record_is_named(folder: Path):
    (folder / "speed.json").write_text("{")
    with pytest.raises(StoreError, match=r"speed\.json: not valid JSON"):
        benchmark.read_record("speed")


def test_the_committed_records_are_complete():
    paths = sorted((benchmark.ROOT / "benchmarks").glob("*.json"))
    assert paths
    for path in paths:
        record = json.loads(path.read_text())
        assert {"name", "command", "figures", "sources", "versions"} <= set(record), path
        assert record["name"] == path.stem
