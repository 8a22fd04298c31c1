"""Area records: one JSON object per synthesised design, with all that is needed to repeat it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hw.config import ArrayConfig
from quant.progress import Progress
from synth.designs import TOP, Design
from synth.errors import SynthesisInputError
from synth.flow import Options, Synthesis, default_period_ns, synthesise
from synth.liberty import Liberty
from synth.memories import MemoryArea, access_times_ns, memory_areas
from synth.netlist import Netlist, load, save
from synth.timing import analyse

# Raise it when the flow changes in a way that the package versions do not show.
FLOW_VERSION = 3
WIDTHS = (2, 4, 6, 8)
TOOLS = ("pyosys", "amaranth", "libparse")


@dataclass(frozen=True, kw_only=True)
class PartArea:
    """One module of the result. area_um2: of one instance, without the modules inside it."""

    name: str
    instances: int
    variant: str
    area_um2: float
    sequential_area_um2: float


@dataclass(frozen=True, kw_only=True)
class AreaRecord:
    """Figures of one mapped design.

    area_um2: standard cells, no layout. buffer_area_um2: part of it, buffers on nets between
    modules. nand2_equivalents: area in smallest 2-input NAND cells of the library.
    critical_path_ns, period_ns: longest path, and the clock period that it was asked to meet.
    path_start, path_end: of that path. cells: count by type. macs_per_cycle: peak, by weight bits,
    where it does any; without zero bits to skip where it skips them. netlist_sha256: of the mapped
    Verilog.

    memories: beside the cells, in none of the figures above: paths to and from them end at their
    pins. critical_path_with_memories_ns: longest path when their data arrive after the access time
    of the model; no setup time at their inputs, and the logic was not mapped with that in mind.
    None where there is no memory or no model.
    """

    design: str
    preset: str
    configuration: dict[str, Any]
    area_um2: float
    sequential_area_um2: float
    buffer_area_um2: float
    nand2_equivalents: float
    critical_path_ns: float
    path_start: str
    path_end: str
    period_ns: float
    memories: list[MemoryArea]
    critical_path_with_memories_ns: float | None
    parts: list[PartArea]
    cells: dict[str, int]
    macs_per_cycle: dict[str, float]
    liberty: dict[str, str | float]
    versions: dict[str, str]
    rtlil_sha256: str
    netlist_sha256: str
    flow_version: int

    @property
    def config(self) -> ArrayConfig:
        """Configuration of the array."""
        return ArrayConfig(**self.configuration.get("array", self.configuration))

    @property
    def meets_period(self) -> bool:
        """Whether the longest path fits the clock period, that through the memories included."""
        return (
            max(self.critical_path_ns, self.critical_path_with_memories_ns or 0) <= self.period_ns
        )

    @property
    def cell_count(self) -> int:
        """Standard cells in the design."""
        return sum(self.cells.values())

    def area_per_mac_cycle(self, mix: Mapping[int, int] | None = None) -> dict[str, float]:
        """um2 per multiply-accumulate per cycle by weight bits; with a mix, also at that.

        mix: multiply-accumulates at each weight width (2..8) of a network.
        """
        figures = {bits: self.area_um2 / rate for bits, rate in self.macs_per_cycle.items()}
        if mix and figures:
            # What works is the array, or one of its units.
            share = self.macs_per_cycle["8"] / self.config.macs_per_cycle(8)
            figures["mix"] = self.area_um2 / (share * mix_macs_per_cycle(self.config, mix))
        return figures

    def to_json(self) -> dict[str, object]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> AreaRecord:
        """What `to_json` wrote."""
        fields: dict[str, Any] = dict(values)
        fields["parts"] = [PartArea(**part) for part in values["parts"]]
        fields["memories"] = [MemoryArea(**memory) for memory in values["memories"]]
        return cls(**fields)


def mix_macs_per_cycle(config: ArrayConfig, mix: Mapping[int, int]) -> float:
    """Peak multiply-accumulates per cycle over a mix of widths: all MACs over all their cycles."""
    total = sum(mix.values())
    if total <= 0 or any(macs < 0 for macs in mix.values()):
        raise SynthesisInputError(
            f"a mix needs multiply-accumulates at some width, not {dict(mix)}"
        )
    return total / sum(macs / config.macs_per_cycle(bits) for bits, macs in mix.items())


@dataclass(frozen=True, kw_only=True)
class MappedDesign:
    """A record, and where the netlist that it is of is stored."""

    record: AreaRecord
    file: Path

    def netlist(self) -> Netlist:
        """The netlist."""
        return load(self.file)


def mapped_design(
    design: Design,
    liberty: Liberty,
    build: Path,
    options: Options | None = None,
    progress: Progress | None = None,
) -> MappedDesign:
    """Synthesise `design`, or find what an earlier run made of the very same inputs.

    Files, logs, the record and the netlist go to `build`/synthesis/<design>-<hash>/.
    """
    options = options or Options()
    text = design.rtlil()
    period_ns = options.period_ns or default_period_ns(liberty)
    versions = {tool: importlib.metadata.version(tool) for tool in TOOLS}
    versions["python"] = platform.python_version()
    memories = memory_areas(design, liberty)
    beside = [asdict(memory) for memory in memories]
    known = [text, design.to_record(), beside, liberty.sha256, versions, period_ns, FLOW_VERSION]
    key = json.dumps(known, sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    folder = build / "synthesis" / f"{design.name}-{digest}"
    stored, netlist = folder / "record.json", folder / "netlist.json.gz"
    if stored.is_file():
        record = AreaRecord.from_json(json.loads(stored.read_text()))
        return MappedDesign(record=record, file=netlist)
    result = synthesise(text, TOP, liberty, folder, options, progress)
    record = _record(design, text, result, memories, liberty, versions)
    save(result.netlist, netlist)
    scratch = stored.with_suffix(".new")
    scratch.write_text(json.dumps(record.to_json(), indent=1))
    scratch.replace(stored)  # last: where it is, everything is
    return MappedDesign(record=record, file=netlist)


def _record(
    design: Design,
    text: str,
    result: Synthesis,
    memories: list[MemoryArea],
    liberty: Liberty,
    versions: dict[str, str],
) -> AreaRecord:
    nand2_um2 = liberty.area_um2(liberty.nand2.name)
    rates = {str(bits): design.macs_per_cycle(bits) for bits in WIDTHS}
    arrivals = access_times_ns(memories, result.netlist, result.macros)
    slower = analyse(result.logic, liberty, arrivals) if arrivals else None
    return AreaRecord(
        design=design.name,
        preset=design.preset,
        configuration=design.to_record(),
        area_um2=result.area_um2,
        sequential_area_um2=result.sequential_area_um2,
        buffer_area_um2=result.buffer_area_um2,
        nand2_equivalents=result.area_um2 / nand2_um2,
        critical_path_ns=result.timing.critical_path_ns,
        path_start=result.timing.start,
        path_end=result.timing.end,
        period_ns=result.period_ns,
        memories=memories,
        critical_path_with_memories_ns=slower.critical_path_ns if slower else None,
        parts=[
            PartArea(
                name=part.name,
                instances=part.instances,
                variant=str(part.variant),
                area_um2=part.area_um2,
                sequential_area_um2=part.sequential_area_um2,
            )
            for part in result.parts
        ],
        cells=dict(sorted(result.logic.cells.items())),
        macs_per_cycle={bits: rate for bits, rate in rates.items() if rate is not None},
        liberty={"name": liberty.name, "sha256": liberty.sha256, "nand2_um2": nand2_um2},
        versions=versions,
        rtlil_sha256=hashlib.sha256(text.encode()).hexdigest(),
        netlist_sha256=hashlib.sha256(result.netlist_file.read_bytes()).hexdigest(),
        flow_version=FLOW_VERSION,
    )
