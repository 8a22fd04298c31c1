import json
from pathlib import Path

import pytest

from hw.config import preset
from sigmaquant.cost_table import EnergyTable, write
from sigmaquant.energy_results import EnergyResult
from sigmaquant.errors import ConfigurationError
from sigmaquant.findings import Findings

CONTENT = {
    "format": "sigmaquant-cost-table",
    "version": 1,
    "array": "edge",
    "fj_per_mac": {"2": 10.5, "4": 20, "8": 40.25},
    "method": "made up",
}


def table(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "costs.json"
    path.write_text(json.dumps(CONTENT | changes))
    return path


def test_energies_are_read_by_width(tmp_path: Path):
    read = EnergyTable.read(table(tmp_path), array="edge", widths=(2, 8))
    assert read.fj_per_mac == {2: 10.5, 4: 20.0, 8: 40.25}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"array": "tiny"}, "costs.json: a cost table of the array 'tiny', not of 'edge'"),
        ({"fj_per_mac": {"2": 1}}, "costs.json: no energy at 4, 8 bits; it has 2"),
        (
            {"fj_per_mac": {"2": -1}},
            "costs.json: not a cost table: fj_per_mac.2: input should be g",
        ),
        ({"fj_per_mac": {}}, "not a cost table: fj_per_mac: dictionary should have at least 1"),
        ({"version": 2}, "not a cost table: version: input should be 1"),
        ({"format": "other"}, "not a cost table: format: input should be 'sigmaquant-cost-table'"),
        ({"method": None}, "not a cost table: method: input should be a valid string"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, changes: dict[str, object], message: str):
    with pytest.raises(ConfigurationError, match=message):
        EnergyTable.read(table(tmp_path, **changes), array="edge", widths=(2, 4, 8))


def test_a_missing_or_broken_file_is_named(tmp_path: Path):
    path = tmp_path / "none.json"
    with pytest.raises(ConfigurationError, match=r"none\.json: no cost table can be read: No such"):
        EnergyTable.read(path, array="edge", widths=(2,))
    path.write_text("{")
    with pytest.raises(ConfigurationError, match=r"none\.json: not a cost table: content: invalid"):
        EnergyTable.read(path, array="edge", widths=(2,))


def test_what_is_written_is_read(findings: Findings, tmp_path: Path):
    design = findings.synthesis.array
    energy = EnergyResult(
        preset=design.preset,
        voltage=1.1,
        leakage_nw=2.5,
        fj_per_mac={"8": 450.0, "3": 200.0},
        fj_per_mac_error={"8": 4.0, "3": 2.0},
        settled_fj_per_mac={"8": 380.0, "3": 170.0},
        cycles_per_mac={"8": 0.01, "3": 0.005},
        netlist_sha256=design.netlist_sha256,
        method="made up",
        versions={},
    )
    path = write(design, energy, tmp_path)
    assert path == tmp_path / "cost-table-edge.json"
    read = EnergyTable.read(path, array="edge", widths=(3, 8))
    assert read.fj_per_mac == {3: 200.0, 8: 450.0}
    content = json.loads(path.read_text())
    assert content["area_um2"] == design.area_um2
    assert content["cycles_per_mac"]["8"] == 1 / preset("edge").macs_per_cycle(8)
