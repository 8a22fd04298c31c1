"""benchmarks/fpga.json, docs/fpga.md and the README's part: published figures of FPGAs."""

from pathlib import Path
from typing import Any

from sigmaquant import benchmark, fpga_tables
from sigmaquant.fpga_results import FpgaResults
from sigmaquant.tables import listed

NAME = "fpga"
_WRITTEN = "<!-- written by `sigmaquant readme --write` from benchmarks/fpga.json -->"
_METHOD = (
    (
        "Yosys maps, nextpnr places and routes; LUTs and flip-flops are the design's own, without "
        "the wrapper that brings its many ports to a few pins. Fmax is that of the clock after "
        "routing, register to register, of one seed of the placer."
    ),
    (
        "Every array is a tree of full adders, written for standard cells, the INT8 ones too: none "
        "takes a DSP block, and an INT8 array made for FPGAs would. These LUTs say what the arrays "
        "of this project take, not what the best INT8 array on an FPGA is."
    ),
)


def write(results: FpgaResults) -> Path:
    """Writes the record; returns its path."""
    command = benchmark.without_folders(results.command)
    published = results.model_copy(update={"command": command})
    return benchmark.write_record(NAME, published.model_dump(mode="json"), command, {})


def read() -> tuple[dict[str, Any], FpgaResults]:
    """The published ones; StoreError where they are missing or of another version."""
    return benchmark.read_figures(NAME, FpgaResults, "sigmaquant fpga --record")


def readme() -> str:
    """The table, and where the rest is."""
    kept, results = read()
    return (
        f"On FPGAs, `{kept['command']}` ([docs/fpga.md](docs/fpga.md) says what they are):\n\n"
        f"{fpga_tables.resources(results.records).markdown()}"
    )


def page() -> str:
    """The whole page."""
    kept, results = read()
    records = results.records
    notes = [result.reason for result in results.results if result.record is None]
    notes += [
        f"{record.design} on {record.device}: memory {name} is in {cell}."
        for record in records
        for name, cell in fpga_tables.memories_in_logic(record).items()
    ]
    parts = [
        _WRITTEN,
        "# On FPGAs",
        f"`{kept['command']}` made these figures; `benchmarks/fpga.json` keeps them with versions.",
        fpga_tables.resources(records).markdown(),
    ]
    if arrays := [record for record in records if record.design.startswith("array")]:
        parts += ["LUTs per MAC/cycle, and peak at Fmax:", fpga_tables.rates(arrays).markdown()]
    parts.append(listed([*_METHOD, *notes]))
    return "\n\n".join(part.strip() for part in parts) + "\n"
