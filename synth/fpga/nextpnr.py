"""Place and route with nextpnr, in a process of its own."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from quant.progress import Progress
from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga.devices import Device, Family
from synth.fpga.report import Placed, read_report

REPORT = "report.json"
_LOG = "nextpnr.log"
_TOO_FULL = re.compile(r"BELs remaining|legal placement", re.IGNORECASE)
# What begins each stage of its log.
STAGES = (("pack", "Packing"), ("place", "Placed"), ("route", "Routing.."))


def version(family: Family) -> str:
    """Version of the family's nextpnr.

    Raises SynthesisToolError saying how to get it where it is missing.
    """
    try:
        return importlib.metadata.version(family.distribution)
    except importlib.metadata.PackageNotFoundError:
        raise SynthesisToolError(
            f"{family.distribution} is not installed: run `make fpga`, or "
            "pip install -c constraints.txt '.[fpga]'"
        ) from None


def place_and_route(
    name: str,
    netlist: Path,
    device: Device,
    *,
    seed: int,
    target_mhz: float,
    progress: Progress | None = None,
) -> Placed:
    """Place and route a netlist; log and report go to its folder. name: of the design, for errors.

    Raises DoesNotFitError where it finds no place for all cells, SynthesisToolError for any other
    failure: one line with nextpnr's message and the log.
    """
    family, folder = device.family, netlist.parent
    version(family)
    report, log = folder / REPORT, folder / _LOG
    report.unlink(missing_ok=True)  # never the figures of an earlier run
    start = f"import sys, {family.module} as tool; sys.exit(tool.{family.program}(sys.argv[1:]))"
    options = [*device.options, "--package", device.package, family.unpinned, "--timing-allow-fail"]
    options += ["--json", netlist.name, "--report", REPORT]
    options += ["--seed", str(seed), "--freq", f"{target_mhz:g}"]
    code, messages = _run([sys.executable, "-c", start, *options], folder, log, progress)
    if code:
        raise _failure(name, messages, code, device, log)
    return read_report(report, log, device)


def _run(
    command: list[str], folder: Path, log: Path, progress: Progress | None
) -> tuple[int, list[str]]:
    """Exit code and error messages.

    Every run compiles nextpnr's WebAssembly for itself, seconds: the one cache of a user is written
    in place, and a run that started while another one writes it dies of a bus error.
    """
    messages: list[str] = []
    at = 0
    with (
        TemporaryDirectory(dir=folder) as cache,
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"YOWASP_CACHE_DIR": str(Path(cache).resolve())},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        try:
            for line in process.stderr:
                output.write(line)
                if line.startswith("ERROR: "):
                    messages.append(line.removeprefix("ERROR: ").strip())
                at = _stage(line, at)
                if progress:
                    progress(STAGES[at][0], at, len(STAGES))
        except BaseException:
            process.kill()
            raise
    return process.returncode, messages


def _stage(line: str, at: int) -> int:
    """The stage that a line of the log is of, after one of stage `at`."""
    begun = [n for n, (_, sign) in enumerate(STAGES) if line.startswith(f"Info: {sign}")]
    return max([at, *begun])


def _failure(name: str, messages: list[str], code: int, device: Device, log: Path) -> Exception:
    reason = messages[0] if messages else f"it ended with {code}"
    if _TOO_FULL.search(reason):
        return DoesNotFitError(f"{name} does not fit {device.name}: {reason} (log: {log})")
    return SynthesisToolError(f"nextpnr failed on {name}: {reason} (log: {log})")
