"""The comparison of arrays: a fixed plan in, one record with its pictures out."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hw.config import preset
from sigmaquant import benchmark, benchmark_command, methods, provenance, resnet20_plan, sources
from sigmaquant.benchmark_config import BenchmarkConfiguration, SynthBenchmarkConfiguration
from sigmaquant.config import Configuration
from sigmaquant.console import Console
from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.errors import ConfigurationError
from sigmaquant.latency_results import LatencyResult
from sigmaquant.results import DesignArea
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step, in_order
from sigmaquant.steps import allocate, energy, latency, rounded, synthesise
from sigmaquant.store import seconds, write_atomically
from sigmaquant.synth_benchmark import record
from sigmaquant.synth_benchmark.figures import Measured, figures
from sigmaquant.synth_benchmark.plan import DIGITS, Plan


@dataclass(frozen=True, kw_only=True)
class Network:
    """An integer network to measure: the step that makes it, and where its images come from."""

    step: Step[Any]
    configuration: Configuration


@dataclass(frozen=True, kw_only=True)
class LibrarySteps:
    """Everything that is run with one library; by array, and by network and array."""

    areas: dict[str, Step[DesignArea]]
    energies: dict[str, Step[EnergyResult]]
    latencies: dict[str, dict[str, Step[LatencyResult]]]
    networks: dict[str, dict[str, Step[NetworkEnergy]]]
    curve: list[Step[DesignArea]]

    def all(self) -> list[Step[Any]]:
        """Every step, those that others wait for first."""
        nested = [*self.latencies.values(), *self.networks.values()]
        flat = [step for arrays in nested for step in arrays.values()]
        return [*self.areas.values(), *self.energies.values(), *flat, *self.curve]


def run(asked: SynthBenchmarkConfiguration, plan: Plan, console: Console, *, fresh: bool) -> None:
    """Computes the plan, writes the record and its pictures, and shows the demands."""
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report import theme
    from sigmaquant.synth_benchmark.pictures import PICTURES, pictures
    from sigmaquant.synth_benchmark.tables import bar_table
    from synth.sram import TECHNOLOGY

    configuration = resnet20(asked)
    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    networks = allocated(configuration, plan)
    libraries = [steps(configuration, networks, plan, main=True)]
    other = configuration.model_copy(update={"liberty": None})
    if synthesise.liberty_sha256(other) != synthesise.liberty_sha256(configuration):
        _check_name(configuration)
        libraries.append(steps(other, networks, plan, main=False))
    everything = [step for each in libraries for step in each.all()]
    directory.run(*everything)
    _publish(directory, networks)
    measured = dict(_measured(directory, each) for each in libraries)
    minutes = sum(seconds(directory.folder_of(step)) for step in _own(everything, networks)) / 60
    found = figures(plan, measured, TECHNOLOGY.energy_band, minutes)
    inputs = sources.input_files(configuration)
    for name, library in found.libraries.items():
        inputs[f"liberty {name}"] = library.sha256
    for chart in pictures(found):
        path = PICTURES / f"{chart.name}.svg"
        write_atomically(path, theme.standalone(chart.svg))
        inputs[f"picture {chart.name}"] = provenance.file_sha256(path)
    path = benchmark.write_record(
        record.NAME,
        found.model_dump(mode="json"),
        command(asked),
        inputs,
        energy.DISTRIBUTIONS,
    )
    console.table(bar_table(found), "What the plan demands")
    console.say(f"record: {path}; now run: sigmaquant readme --write")


def _publish(directory: RunDirectory, networks: Mapping[str, Network]) -> None:
    """Copies the networks to where `sigmaquant explore --network-folder` can be sent."""
    for name, network in networks.items():
        target = directory.path / "networks" / name.replace(" at ", "-").replace(" ", "")
        target.mkdir(parents=True, exist_ok=True)
        for file in allocate.NETWORK:
            shutil.copyfile(directory.folder_of(network.step) / file, target / file)


def _check_name(configuration: Configuration) -> None:
    """Two libraries of one name could not be told apart; ConfigurationError says so at once."""
    from synth.liberty import load
    from synth.library_source import DEFAULT_NAME, locate

    name = load(locate(configuration.liberty, synthesise.cache(configuration))).name
    if name == DEFAULT_NAME:
        raise ConfigurationError(
            f"--liberty: {configuration.liberty} calls itself {name} as the default library does, "
            "which is the second one: give it a name of its own"
        )


def _own(steps: Sequence[Step[Any]], networks: Mapping[str, Network]) -> list[Step[Any]]:
    """The steps and what they need, each once, without what the networks come from."""
    others = {step.name for each in networks.values() for step in in_order(each.step)}
    return [step for step in in_order(*steps) if step.name not in others]


def resnet20(asked: SynthBenchmarkConfiguration) -> Configuration:
    """ResNet-20 as in its own benchmark, with the library that is asked for."""
    given = BenchmarkConfiguration(**asked.model_dump(exclude={"liberty"}))
    base = benchmark_command.base(given, resnet20_plan.PLAN)
    return base.model_copy(update={"liberty": asked.liberty})


def allocated(configuration: Configuration, plan: Plan) -> dict[str, Network]:
    """The first seeds of the main points of ResNet-20's benchmark, and of the digits.

    configuration: of ResNet-20; the digits have its build folder and library.
    """
    found = {}
    for place in benchmark_command.places(configuration, resnet20_plan.PLAN):
        if place.stage == resnet20_plan.MAIN and place.method == methods.SIGMAQUANT:
            found[place.budget_bits] = place.integers[0]
    networks = {
        name: Network(step=found[budget], configuration=configuration)
        for name, budget in plan.allocated.items()
    }
    shared = ("build", "jobs", "liberty")
    digits = Configuration.load(None, {name: getattr(configuration, name) for name in shared})
    first = allocate.step(digits, digits.seeds[0])
    return networks | {DIGITS: Network(step=first, configuration=digits)}


def steps(
    configuration: Configuration, networks: Mapping[str, Network], plan: Plan, *, main: bool
) -> LibrarySteps:
    """What is run with the library of `configuration`: all of the plan, or what is key to it."""
    place = "" if main else "default"
    names = (*plan.arrays, *plan.macs)
    rounding = rounded.step(configuration, plan.widths)
    areas = {name: synthesise.step(configuration, name, place=place) for name in names}
    wanted = names if main else plan.key
    energies = {
        name: energy.uniform_step(configuration, areas[name], rounding, plan.layers)
        # The long ones first: at the end they would leave all processors but one idle.
        for name in sorted(wanted, key=plan.measured)
    }
    chosen = dict(networks)
    if not main:
        chosen = {name: networks[name] for name in plan.key_networks}
    timed = [name for name in wanted if not preset(name).datapath.skips and name in plan.arrays]
    return LibrarySteps(
        areas=areas,
        energies=energies,
        latencies={
            label: {name: latency.step(name, network.step) for name in timed}
            for label, network in chosen.items()
        },
        networks={
            label: {
                name: energy.network_step(
                    network.configuration.model_copy(update={"liberty": configuration.liberty}),
                    areas[name],
                    network.step,
                )
                for name in plan.arrays_of(label)
                if name in wanted
            }
            for label, network in chosen.items()
        },
        curve=_curve(configuration, plan) if main else [],
    )


def _curve(configuration: Configuration, plan: Plan) -> list[Step[DesignArea]]:
    """Other clocks are told by the library, so that it has to be there before anything runs."""
    from synth.designs import Design
    from synth.flow import PERIOD_CARRIES, default_period_ns
    from synth.liberty import load
    from synth.library_source import locate

    library = load(locate(configuration.liberty, synthesise.cache(configuration)))
    carry = default_period_ns(library) / PERIOD_CARRIES
    return [
        synthesise.design_step(
            configuration,
            Design(block=synthesise.BLOCK, preset=name),
            round(carries * carry, 3),
        )
        for name in plan.curve
        for carries in plan.curve_carries
    ]


def _measured(directory: RunDirectory, ran: LibrarySteps) -> tuple[str, Measured]:
    """The library's name, and all results."""
    from synth.memories import NODES_NM
    from synth.sram import TECHNOLOGY

    areas = {name: directory.result(step) for name, step in ran.areas.items()}
    library = next(iter(areas.values())).liberty.name
    return library, Measured(
        areas=areas,
        energies={name: directory.result(step) for name, step in ran.energies.items()},
        latencies={
            label: {name: directory.result(step) for name, step in arrays.items()}
            for label, arrays in ran.latencies.items()
        },
        networks={
            label: {name: directory.result(step) for name, step in arrays.items()}
            for label, arrays in ran.networks.items()
        },
        memories=NODES_NM.get(library) == TECHNOLOGY.node_nm,
        curve=[directory.result(step) for step in ran.curve],
    )


def command(asked: SynthBenchmarkConfiguration) -> str:
    """The command line for the record, without this machine's folders."""
    words = ["sigmaquant", "benchmark", record.NAME, *asked.words()]
    if asked.liberty:
        words += ["--liberty", str(asked.liberty)]
    return benchmark.without_folders(shlex.join(words))
