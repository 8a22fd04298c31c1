"""The explore command: area, time and energy of many arrays on one network."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hw.config import ArrayConfig
from quant.integer_network import IntegerNetwork, load
from quant.integer_network.store import MANIFEST_FILE
from sigmaquant import data_source, explore_document, provenance, sources
from sigmaquant.console import Console
from sigmaquant.explore_config import ExploreConfiguration
from sigmaquant.explore_record import FILE, ExploredNetwork, ExploreRecord
from sigmaquant.explore_results import ArrayEnergy, ArrayTiming, ExploredArray
from sigmaquant.explore_space import space
from sigmaquant.explore_statements import left_out, on_engine, standing
from sigmaquant.results import DesignArea
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step
from sigmaquant.steps import allocate, explore_energy, explore_timing, synthesise
from sigmaquant.store import write_atomically

PAGE = Path("explore") / "index.html"
_ROOMS = ("hw", "quant", "compiler", "sim", "synth", "sigmaquant")


@dataclass(frozen=True, kw_only=True)
class ArraySteps:
    """What is computed of one array."""

    label: str
    area: Step[DesignArea]
    timing: Step[ArrayTiming]
    energy: Step[ArrayEnergy]

    @classmethod
    def of(cls, asked: ExploreConfiguration, label: str, array: ArrayConfig, folder: Path) -> Self:
        """The steps of `array` for the network in `folder`."""
        from synth.designs import Design

        design = Design(block=synthesise.BLOCK, preset=label, configuration=array)
        area = synthesise.design_step(asked, design)
        return cls(
            label=label,
            area=area,
            timing=explore_timing.step(asked.array, label, array, folder),
            energy=explore_energy.step(asked, label, area, folder),
        )

    def in_order(self) -> tuple[Step, ...]:
        """The quick one first; one array after the other, so that a stopped run has whole ones."""
        return self.timing, self.area, self.energy


def run(
    configuration: ExploreConfiguration,
    console: Console,
    *,
    command: str,
    fresh: bool,
    publish: bool = False,
) -> None:
    """Computes all arrays; shows the table, writes the record and the page into the build folder.

    publish: also write the record and the picture of docs/explore.md. Raises ConfigurationError
    where no array is left, and whatever a step raises.
    """
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report.explore_page import render

    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    folder = _network_folder(configuration, directory)
    network = load(folder)
    found = space(configuration, network)
    planned = [
        ArraySteps.of(configuration, label, array, folder) for label, array in found.arrays.items()
    ]
    directory.run(*(step for each in planned for step in each.in_order()))
    record = ExploreRecord(
        command=command,
        network=_described(network, folder),
        around=configuration.array,
        peak=configuration.common_peak,
        energy_cycles=configuration.energy_cycles,
        arrays=[
            ExploredArray(
                label=each.label,
                presets=found.presets.get(each.label, []),
                area=directory.result(each.area),
                timing=directory.result(each.timing),
                energy=directory.result(each.energy),
            )
            for each in planned
        ],
        left_out=found.left_out,
        off_peak=found.off_peak,
        inputs=_inputs(configuration),
        sources={room: provenance.source_sha256(room) for room in _ROOMS},
        versions=provenance.versions(),
    )
    build = configuration.build
    write_atomically(build / FILE, record.model_dump_json(indent=1) + "\n")
    write_atomically(build / PAGE, render(record))
    show(record, console)
    console.say(f"record: {build / FILE}")
    console.say(f"page: {build / PAGE}")
    if publish:
        for path in explore_document.write(record):
            console.say(f"published: {path}; now run: sigmaquant readme --write")


def show(record: ExploreRecord, console: Console) -> None:
    """The table, what it says, and what was left out."""
    library = record.arrays[0].area.liberty.name
    console.table(
        record.table(), f"Arrays of one peak, one image of {record.network.name}, {library}"
    )
    for sentence in (*standing(record), *on_engine(record)):
        console.say(sentence)
    for sentence in left_out(record):
        console.note(f"left out: {sentence}")


def _network_folder(configuration: ExploreConfiguration, directory: RunDirectory) -> Path:
    """The folder asked for, or that of the first seed's allocation."""
    folder = configuration.network_folder
    if folder is None:
        allocated = allocate.step(configuration, configuration.seeds[0])
        directory.run(allocated)
        return directory.folder_of(allocated)
    return folder


def _described(network: IntegerNetwork, folder: Path) -> ExploredNetwork:
    macs: Counter[int] = Counter()
    for layer in network.mac_layers:
        macs[layer.bits] += network.macs(layer)
    return ExploredNetwork(
        name=network.name,
        sha256=provenance.file_sha256(folder / MANIFEST_FILE),
        macs={str(bits): macs[bits] for bits in sorted(macs)},
    )


def _inputs(configuration: ExploreConfiguration) -> dict[str, str]:
    """SHA-256 of the files that the images come from, and of weights that were allocated here."""
    if configuration.network_folder is None:
        return sources.input_files(configuration)
    files = data_source.describe(configuration)["files"]
    assert isinstance(files, dict)
    return files
