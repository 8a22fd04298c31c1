"""What nextpnr says of a placed and routed design, in its report and, for a little, in its log."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import SynthesisToolError
from synth.fpga.devices import Device


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A placed and routed design, its wrapper included.

    luts: that are used, those that only carry included. block_rams, dsps: used.
    utilization: [used, available] by nextpnr's name of the part; parts that are not used left out.
    fmax_mhz: of the one clock, register to register. critical_path: the cells where its longest
    path starts and ends.
    """

    luts: int
    block_rams: int
    dsps: int
    utilization: dict[str, list[int]]
    fmax_mhz: float
    critical_path: list[str]


def read_report(report: Path, log: Path, device: Device) -> Placed:
    """Figures of a report; raises SynthesisToolError naming the figure that is missing."""
    try:
        content = json.loads(report.read_text())
    except (OSError, ValueError):
        raise SynthesisToolError(f"nextpnr wrote no report {report} (log: {log})") from None
    try:
        return _placed(content, log.read_text(), device)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        what = error if isinstance(error, _MissingError) else f"{type(error).__name__}: {error}"
        raise SynthesisToolError(f"nextpnr's report {report} lacks {what} (log: {log})") from None


class _MissingError(ValueError):
    """A figure is not there; the text is its name."""


def _placed(content: dict[str, Any], log: str, device: Device) -> Placed:
    family, parts = device.family, content["utilization"]
    clock, fmax_mhz = _fmax(content)
    return Placed(
        luts=_used(parts, family.logic)
        + sum(luts * _used(parts, name) for name, luts in family.more_luts.items())
        - _lone_flip_flops(log, family.lone_flip_flops),
        block_rams=_used(parts, family.block_ram),
        dsps=_used(parts, family.dsp) if device.dsps else 0,
        utilization={
            name: [int(part["used"]), int(part["available"])]
            for name, part in sorted(parts.items())
            if part["used"]
        },
        fmax_mhz=fmax_mhz,
        critical_path=_critical_path(content, clock),
    )


def _used(parts: dict[str, Any], name: str) -> int:
    if name not in parts:
        raise _MissingError(f"the number of {name}")
    return int(parts[name]["used"])


def _fmax(content: dict[str, Any]) -> tuple[str, float]:
    """The clock's net and its frequency."""
    clocks = content["fmax"]
    if len(clocks) != 1:
        raise _MissingError(f"the frequency of one clock (it has {len(clocks)})")
    ((clock, figures),) = clocks.items()
    return clock, float(figures["achieved"])


def _critical_path(content: dict[str, Any], clock: str) -> list[str]:
    for each in content["critical_paths"]:
        if clock in each["from"] and clock in each["to"]:
            return [each["path"][0]["from"]["cell"], each["path"][-1]["to"]["cell"]]
    raise _MissingError("the longest path")


def _lone_flip_flops(log: str, sign: str) -> int:
    if not sign:
        return 0
    found = re.search(rf"^Info: +(\d+) {re.escape(sign)}$", log, re.MULTILINE)
    if not found:
        raise _MissingError(f"in its log the number of {sign}")
    return int(found[1])
