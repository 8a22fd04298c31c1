"""Yosys' own view of a finished netlist: it reads back, checks clean, and has the area we count.

What it has read is what is simulated afterwards.
"""

import json
from math import isclose
from pathlib import Path

from synth import yosys
from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.yosys import Step
from synth.yosys_script import LIBERTY_FILE

_STATISTICS = "statistics.json"
READ_BACK = "netlist.json"
MACROS = "macros.v"


def check_netlist(netlist: Path, top: str, area_um2: float, liberty: Liberty, folder: Path) -> None:
    """Raise SynthesisToolError unless Yosys finds the netlist sound and of area `area_um2`.

    Its black boxes are in `folder` as MACROS; they have no area. The netlist as Yosys has read it
    is left in `folder` as READ_BACK, in its JSON.
    """
    commands = (
        f"read_liberty -lib -ignore_miss_func {LIBERTY_FILE}",
        f"read_verilog {MACROS} {netlist.name}",
        f"hierarchy -check -top \\{top}",
        "check -assert",
        f"tee -q -o {_STATISTICS} stat -json -liberty {LIBERTY_FILE} -top \\{top}",
        f"write_json -selected {READ_BACK}",
    )
    log = yosys.run([Step(f"{top}: check the netlist", commands)], folder, "check")
    measured = total_area_um2(folder / _STATISTICS, log)
    if not isclose(measured, area_um2, rel_tol=1e-6):
        raise SynthesisToolError(
            f"{top}: Yosys counts {measured} um2 of {liberty.name}, the parts add up to {area_um2} "
            f"(log: {log})"
        )


def total_area_um2(statistics: Path, log: Path) -> float:
    """Area of the whole design in Yosys' statistics; a file without one is an error, not 0."""
    try:
        design = json.loads(statistics.read_text())["design"]
        return float(design["area"])
    except (OSError, ValueError, KeyError) as error:
        raise SynthesisToolError(f"Yosys reported no area in {statistics} (log: {log})") from error
