"""Yosys for an FPGA: the wrapped design as cells of the family, the design's own counted apart."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quant.progress import Progress
from synth import yosys
from synth.designs import TOP
from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga.devices import Device, Family
from synth.rtlil_text import split
from synth.yosys import Step

NETLIST = "netlist.json"
_STATISTICS = "statistics.json"
_NAME = "yosys"
FLIP_FLOPS = "flip-flops"
STEPS = ("read", "map memories and arithmetic", "map LUTs", "write the netlist")


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A mapped design in its wrapper.

    netlist: for nextpnr. design, wrapper: cells by type, the design's all of them, whatever module
    of it they are in. memories: by hierarchical name, the cell that each was mapped to, or
    FLIP_FLOPS.
    """

    netlist: Path
    design: Mapping[str, int]
    wrapper: Mapping[str, int]
    memories: Mapping[str, str]


def map_design(
    rtlil: str, device: Device, folder: Path, *, dsp: bool, progress: Progress | None = None
) -> Mapped:
    """Map module TOP, a `ScanWrapper`, and the one design in it; files and logs go to `folder`.

    The design is flattened, the border to its wrapper is kept. dsp: multipliers may be DSP blocks.
    Raises SynthesisToolError: one line that names the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "design.il").write_text(rtlil)
    design = _design_module(rtlil)
    log = yosys.run(_steps(design, device.family, dsp=dsp), folder, _NAME, progress)
    cells = _cells(folder / _STATISTICS, log)
    try:
        own, wrapper = cells[f"\\{design}"], cells[f"\\{TOP}"]
    except KeyError as missing:
        raise SynthesisToolError(
            f"Yosys counted no cells of {missing.args[0]} (log: {log})"
        ) from None
    return Mapped(
        netlist=folder / NETLIST,
        design=own,
        wrapper={cell: n for cell, n in wrapper.items() if cell != design},
        memories=dict(_memories(log.read_text())),
    )


def luts(cells: Mapping[str, int], family: Family) -> int:
    """LUTs that mapped cells take up."""
    return sum(cells.get(cell, 0) * n for cell, n in family.luts.items())


def flip_flops(cells: Mapping[str, int], family: Family) -> int:
    """Flip-flops among mapped cells."""
    return sum(n for cell, n in cells.items() if cell.startswith(family.flip_flops))


def check_fits(name: str, mapped: Mapped, device: Device) -> None:
    """Raise DoesNotFitError where design and wrapper need more than the device has."""
    cells = {
        cell: mapped.design.get(cell, 0) + mapped.wrapper.get(cell, 0)
        for cell in (*mapped.design, *mapped.wrapper)
    }
    family = device.family
    needs = (
        ("LUTs", luts(cells, family), device.luts),
        ("flip-flops", flip_flops(cells, family), device.flip_flops),
        ("block RAMs", cells.get(family.cell(family.block_ram), 0), device.block_rams),
        ("DSP blocks", cells.get(family.cell(family.dsp), 0), device.dsps),
    )
    short = [f"{need:,} {what} (it has {has:,})" for what, need, has in needs if need > has]
    if short:
        raise DoesNotFitError(
            f"{name} does not fit {device.name}: with its wrapper it needs {', '.join(short)}; "
            "take a larger device or a smaller preset"
        )


def _design_module(rtlil: str) -> str:
    (design,) = {child for child in split(rtlil)[f"\\{TOP}"].children if child.startswith("\\")}
    return design.removeprefix("\\")


def _steps(design: str, family: Family, *, dsp: bool) -> list[Step]:
    options = f"-top {TOP} {'' if dsp else family.without_dsp}"
    commands = (
        ("read_rtlil design.il", f"setattr -mod -set keep_hierarchy 1 {design}"),
        (f"{family.synthesis} {options} -run :map_luts",),
        # Single bits, or abc9 ends in an assertion of Yosys: github.com/YosysHQ/yosys/issues/4349.
        ("splitnets", f"{family.synthesis} {options} -run map_luts:"),
        (f"tee -q -o {_STATISTICS} stat -json", f"write_json {NETLIST}"),
    )
    return [Step(label, each) for label, each in zip(STEPS, commands, strict=True)]


def _cells(statistics: Path, log: Path) -> dict[str, dict[str, int]]:
    try:
        modules = json.loads(statistics.read_text())["modules"]
        return {name: module["num_cells_by_type"] for name, module in modules.items()}
    except (OSError, ValueError, KeyError, TypeError):
        raise SynthesisToolError(f"Yosys reported no cells in {statistics} (log: {log})") from None


def _memories(log: str) -> Iterator[tuple[str, str]]:
    """What Yosys said of each memory: mapped to a cell of the family, or to flip-flops."""
    for name, cell in re.findall(r"^mapping memory (\S+) via \$__(\S+)_$", log, re.MULTILINE):
        yield name, cell
    for name in re.findall(r"^using FF mapping for memory (\S+)$", log, re.MULTILINE):
        yield name, FLIP_FLOPS
