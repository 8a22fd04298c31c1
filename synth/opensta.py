"""The longest path by OpenSTA, a second opinion on `synth.timing`.

OpenSTA reads the Verilog of a mapped netlist and the library itself. It is told what our model
assumes: an ideal clock with the smallest transition of the library, inputs that come with the clock
edge, outputs that are due at the next one, no wires. For the last its copy of the library loses the
default wire load, which it would apply without being asked.

Where delays do not depend on transitions both say the same. Else OpenSTA loads a rising and a
falling output with the capacitances that a library gives for each, our model with the one that it
gives for both: paths differ by less than a percent.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from synth.errors import SynthesisToolError
from synth.flow import Synthesis
from synth.liberty import Liberty
from synth.timing_arcs import smallest_slew

TOOL = "sta"
COPY = "opensta.lib"
_TIMEOUT_S = 120
_PERIOD_NS = 1000.0
_WIRE_LOAD = re.compile(r"^\s*default_wire_load\w*\s*:.*$", re.MULTILINE)
_ARRIVAL = re.compile(r"^\s+(-?[0-9.]+)\s+data arrival time$", re.MULTILINE)
_SETUP = re.compile(r"^\s+(-?[0-9.]+)\s+-?[0-9.]+\s+library setup time$", re.MULTILINE)


def is_available() -> bool:
    """Whether OpenSTA is installed."""
    return shutil.which(TOOL) is not None


def critical_path_ns(design: Synthesis, clock: str, liberty: Liberty, folder: Path) -> float:
    """Longest path of a mapped design without macros, setup time included.

    clock: the input that is the clock. Script, library and log go to `folder`. Raises
    SynthesisToolError where OpenSTA complains of anything, warnings included, or finds no path: it
    goes on with figures of something else, and a module that it does not know is but a warning.
    """
    if design.macros:
        raise SynthesisToolError(
            f"{design.top}: OpenSTA is given netlists without macros, not with "
            f"{', '.join(sorted(design.macros))}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    cells = folder / COPY
    cells.unlink(missing_ok=True)  # never through a link into the library itself
    cells.write_text(_WIRE_LOAD.sub("", liberty.path.read_text()))
    script = folder / "timing.tcl"
    script.write_text("".join(f"{line}\n" for line in _script(design, clock, liberty, cells)))
    log = folder / "opensta.log"
    command = [TOOL, "-no_splash", "-exit", str(script)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SynthesisToolError(f"OpenSTA cannot be run: {error}") from error
    text = done.stdout + done.stderr
    log.write_text(text)
    arrivals, setups = _ARRIVAL.findall(done.stdout), _SETUP.findall(done.stdout)
    if done.returncode or "Error:" in text or "Warning" in text or not arrivals:
        raise SynthesisToolError(f"{design.top}: OpenSTA finds no path (log: {log})")
    return float(arrivals[0]) - sum(map(float, setups))


def _script(design: Synthesis, clock: str, liberty: Liberty, cells: Path) -> Iterator[str]:
    slew = smallest_slew(liberty)
    inputs = " ".join(
        f"{name}[{bit}]"
        for name, nets in design.netlist.inputs.items()
        for bit in range(len(nets))
        if name != clock
    )
    yield f"read_liberty {{{cells}}}"
    yield "set_cmd_units -time ns"
    yield f"read_verilog {{{design.netlist_file}}}"
    yield f"link_design {design.top}"
    yield f"create_clock -name {clock} -period {_PERIOD_NS} [get_ports {{{clock}[0]}}]"
    yield f"set_clock_transition {slew} [get_clocks {clock}]"
    yield f"set_input_delay 0 -clock {clock} [get_ports {{{inputs}}}]"
    yield f"set_input_transition {slew} [get_ports {{{inputs}}}]"
    yield f"set_output_delay 0 -clock {clock} [all_outputs]"
    yield "report_checks -path_delay max -format full -digits 6"
