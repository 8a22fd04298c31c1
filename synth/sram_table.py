"""Runs CACTI over a grid of memory macros and keeps what it says as `synth/sram_table.json`.

CACTI 7.0 (Balasubramonian, Kahng, Muralimanohar, Shafiee, Srinivas: CACTI 7, ACM TACO 14(2) 2017)
is an analytical model of SRAM macros down to wires and sense amplifiers. The Python package
`hwcomponents-cacti` carries its sources and a binary; the table is of those in its version 1.0.40.
Nothing else needs CACTI: the table is committed.

    python -m synth.sram_table path/to/cacti
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from synth.errors import SynthesisInputError, SynthesisToolError

TABLE = Path(__file__).with_name("sram_table.json")
WORDS = (128, 256, 512, 1024, 2048, 4096, 8192)
BITS = (32, 64, 128)
MAX_BITS = 1 << 19  # 64 KiB
NODE_UM = 0.045

# Transistors of ITRS' high-performance roadmap at 45 nm, 1.0 V, 300 K. Of all organisations within
# the deviations CACTI takes the one with the least weighted sum of energy, area, delay and leakage.
OPTIONS = {
    "Array Power Gating": '"false"',
    "WL Power Gating": '"false"',
    "CL Power Gating": '"false"',
    "Bitline floating": '"false"',
    "Interconnect Power Gating": '"false"',
    "Power Gating Performance Loss": '"default"',
    "associativity": "1",
    "read-write port": "1",
    "exclusive write port": "0",
    "single ended read ports": "0",
    "UCA bank count": "1",
    "technology (u)": str(NODE_UM),
    "Data array cell type -": '"itrs-hp"',
    "Data array peripheral type -": '"itrs-hp"',
    "Tag array cell type -": '"itrs-hp"',
    "Tag array peripheral type -": '"itrs-hp"',
    "page size (bits)": "0",
    "burst length": "8",
    "internal prefetch width": "8",
    "operating temperature (K)": "300",
    "cache type": '"ram"',
    "tag size (b)": '"default"',
    "access mode (normal, sequential, fast) -": '"normal"',
    "design objective (weight delay, dynamic power, leakage power, cycle time, area)": (
        "20:100:20:0:100"
    ),
    "deviate (delay, dynamic power, leakage power, cycle time, area)": (
        "100:100000:100000:100000:100000"
    ),
    "NUCAdesign objective (weight delay, dynamic power, leakage power, cycle time, area)": (
        "100:100:0:0:100"
    ),
    "NUCAdeviate (delay, dynamic power, leakage power, cycle time, area)": (
        "10:10000:10000:10000:10000"
    ),
    "NUCA bank count": "0",
    "Optimize ED or ED^2 (ED, ED^2, NONE):": '"NONE"',
    "Cache model (NUCA, UCA)  -": '"UCA"',
    "Wire signaling (fullswing, lowswing, default) -": '"Global_30"',
    "Wire inside mat -": '"semi-global"',
    "Wire outside mat -": '"semi-global"',
    "Interconnect projection -": '"conservative"',
    "Add ECC -": '"false"',
    "Print level (DETAILED, CONCISE) -": '"CONCISE"',
    "Force cache config -": '"false"',
}
# CACTI divides by these although a memory on the chip has no such part.
OFF_CHIP = {
    "dram_type": '"DDR3"',
    "io state": '"WRITE"',
    "addr_timing": "1.0",
    "mem_density": "4 Gb",
    "bus_freq": "800 MHz",
    "duty_cycle": "1.0",
    "activity_dq": "1.0",
    "activity_ca": "0.5",
    "num_dq": "72",
    "num_dqs": "18",
    "num_ca": "25",
    "num_clk ": "2",
    "num_mem_dq": "2",
    "mem_data_width": "8",
    "rtt_value": "10000",
    "ron_value": "34",
    "tflight_value": "",
    "num_bobs": "1",
    "capacity": "80",
    "num_channels_per_bob": "1",
    "first metric": '"Cost"',
    "second metric": '"Bandwidth"',
    "third metric": '"Energy"',
    "DIMM model": '"ALL"',
    "mirror_in_bob": '"F"',
}
COLUMNS = {
    "access_ns": ("Access time (ns)", 1.0),
    "read_fj": ("Dynamic read energy (nJ)", 1e6),
    "write_fj": ("Dynamic write energy (nJ)", 1e6),
    "area_um2": ("Area (mm2)", 1e6),
}


def macros() -> Iterator[tuple[int, int, int]]:
    """Words, bits and ports of the grid."""
    for ports in (1, 2):
        for bits in BITS:
            for words in WORDS:
                if words * bits <= MAX_BITS:
                    yield words, bits, ports


def run(cacti: Path, words: int, bits: int, ports: int) -> dict[str, int | float]:
    """One macro by CACTI; ports: 1 is 1RW, 2 is 1RW + 1R.

    Raises SynthesisToolError where CACTI ends without a result.
    """
    options = (
        OPTIONS
        | OFF_CHIP
        | {
            "size (bytes)": str(words * bits // 8),
            "block size (bytes)": str(bits // 8),
            "output/input bus width": str(bits),
            "exclusive read port": str(ports - 1),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "macro.cfg"
        config.write_text("".join(f"-{name} {value}\n" for name, value in options.items()))
        # CACTI looks for its technology files in the working folder.
        done = subprocess.run(
            [str(cacti), "-infile", str(config)], cwd=cacti.parent, capture_output=True, check=False
        )
        result = config.with_suffix(".cfg.out")
        if not result.is_file():
            raise SynthesisToolError(
                f"{cacti} gave no figures of {words} words of {bits} bits "
                f"(exit status {done.returncode})"
            )
        return {"words": words, "bits": bits, "ports": ports} | figures(result.read_text())


def figures(text: str) -> dict[str, int | float]:
    """The figures that are kept, out of CACTI's table of names and values."""
    names, values = list(csv.reader(text.splitlines(), skipinitialspace=True))[:2]
    row = dict(zip(names, values, strict=False))
    return {name: round(float(row[column]) * unit, 4) for name, (column, unit) in COLUMNS.items()}


def main(arguments: list[str]) -> None:
    """Write the table anew with the CACTI binary that the only argument names."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        raise SynthesisInputError("give the path of a CACTI 7.0 binary")
    cacti = Path(arguments[0]).resolve()
    rows = [run(cacti, *macro) for macro in macros()]
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    TABLE.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(sys.argv[1:])
