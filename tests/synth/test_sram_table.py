"""The table of CACTI's runs: written by a stand-in for CACTI, and as it is committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth import sram_table
from synth.errors import SynthesisInputError, SynthesisToolError

HEADER = (
    "Tech node (nm), Capacity (bytes), Access time (ns), Dynamic read energy (nJ), "
    "Dynamic write energy (nJ), Area (mm2), "
)
# Writes its capacity as its area, so that a test sees what it was asked for.
CACTI = f"""#!/bin/sh
size=$(sed -n 's/^-size (bytes) //p' "$2")
echo '{HEADER}' > "$2.out"
echo "45, $size, 0.5, 0.002, 0.003, $size, " >> "$2.out"
"""


def stand_in(folder: Path, text: str) -> Path:
    cacti = folder / "cacti"
    cacti.write_text(text)
    cacti.chmod(0o755)
    return cacti


def test_a_run_s_figures_are_in_the_units_of_the_table(tmp_path: Path) -> None:
    row = sram_table.run(stand_in(tmp_path, CACTI), 256, 64, 2)
    assert row == {
        "words": 256,
        "bits": 64,
        "ports": 2,
        "access_ns": 0.5,
        "read_fj": 2000,
        "write_fj": 3000,
        "area_um2": 2048e6,
    }


def test_the_table_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sram_table, "TABLE", tmp_path / "table.json")
    monkeypatch.setattr(sram_table, "WORDS", (128, 8192))
    sram_table.main([str(stand_in(tmp_path, CACTI))])
    rows = json.loads((tmp_path / "table.json").read_text())
    # The largest memory of 128 bits is not run.
    assert [(row["words"], row["bits"], row["ports"]) for row in rows] == [
        (words, bits, ports)
        for ports in (1, 2)
        for words, bits in ((128, 32), (8192, 32), (128, 64), (8192, 64), (128, 128))
    ]


def test_a_cacti_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SynthesisToolError, match=r"no figures of 128 words of 32 bits \(exit stat"):
        sram_table.run(stand_in(tmp_path, "#!/bin/sh\nexit 3\n"), 128, 32, 1)


@pytest.mark.parametrize("arguments", [[], ["nowhere/cacti"], ["a", "b"]])
def test_the_command_wants_a_cacti(arguments: list[str]) -> None:
    with pytest.raises(SynthesisInputError, match=r"^give the path of a CACTI 7\.0 binary$"):
        sram_table.main(arguments)


def test_the_committed_table_has_every_macro() -> None:
    rows = json.loads(sram_table.TABLE.read_text())
    found = [(row["words"], row["bits"], row["ports"]) for row in rows]
    assert found == list(sram_table.macros())
    assert all(row[name] > 0 for row in rows for name in sram_table.COLUMNS)
