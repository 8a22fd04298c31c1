import json
from pathlib import Path

import pytest

from sigmaquant.energy_table import EnergyTable
from sigmaquant.errors import ConfigurationError

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
