"""What each subcommand does."""

import shutil
from pathlib import Path

from compiler.errors import CompileError
from sigmaquant import cost_table, digits_record, outputs, provenance, store
from sigmaquant import readme as readme_file
from sigmaquant.allocation_config import DIGITS
from sigmaquant.budget_table import budget_table, budgets_met
from sigmaquant.config import Configuration
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError, one_line
from sigmaquant.findings import Findings, Provenance, seed_table
from sigmaquant.pipeline import Pipeline
from sigmaquant.results import SynthesisResult
from sigmaquant.run_directory import RunDirectory
from sigmaquant.steps import allocate, synthesise
from sigmaquant.tables import Table, area_table, energy_table
from synth.errors import SynthesisInputError, SynthesisToolError

ROOMS = ("hw", "quant", "compiler", "sim", "synth", "sigmaquant")


class Run:
    """The commands that compute something in a build folder.

    Parameters:
        configuration: what is asked for.
        console: where progress, notes and tables go.
        command: the command line, for records.
        fresh: compute every step again.
    """

    def __init__(
        self, configuration: Configuration, console: Console, *, command: str, fresh: bool
    ):
        self._configuration = configuration
        self._console = console
        self._command = command
        self._pipeline = Pipeline.of(configuration)
        self._directory = RunDirectory(
            configuration.build, console, jobs=configuration.jobs, fresh=fresh
        )

    def demo(self, *, record: bool) -> None:
        """Everything, ending in the tables, the page and the summary.

        Raises ConfigurationError for a record of another network than the README's.
        """
        if record and self._configuration.network != DIGITS:
            raise ConfigurationError("--record: the README's record is of the network digits alone")
        self._check_simulator()
        self._directory.run(*self._pipeline.in_order())
        self._publish_networks()
        findings = self._findings()
        page = outputs.write(findings, self._configuration.build)
        outputs.show(findings, self._console)
        self._console.say(f"report: {page}")
        if record:
            for path in digits_record.write(findings):
                self._console.say(f"record: {path}")

    def allocate(self) -> None:
        """Allocations and their integer networks."""
        pipeline, result = self._pipeline, self._directory.result
        self._directory.run(pipeline.pretrained, *pipeline.goldens, *pipeline.fits)
        self._publish_networks()
        asked, start = self._configuration, result(pipeline.pretrained).accuracy.test
        allocations = [result(step) for step in pipeline.allocations]
        networks = [result(step) for step in pipeline.goldens]
        fits = [result(step) for step in pipeline.fits]
        triples = zip(allocations, networks, fits, strict=True)
        met = [budgets_met(asked, start, *triple) for triple in triples]
        table = seed_table(start, allocations, networks, met)
        self._console.table(table, "Accuracy and size: test split, one allocation per seed")
        budgets = budget_table(asked, start, allocations, networks, fits)
        self._console.table(budgets, "Budgets: cycles of one image by the model")
        outputs.explain(allocations, met, self._console)
        outputs.explain_fits(fits, self._console)

    def simulate(self) -> None:
        """The first seed's network on the simulated engine."""
        self._check_simulator()
        self._directory.run(self._pipeline.simulation)
        simulation = self._directory.result(self._pipeline.simulation)
        outputs.show_simulation(simulation, self._configuration.seeds[0], self._console)

    def synth(self) -> None:
        """Areas and energies of both designs, and what each costs as a table for budgets."""
        pipeline, result = self._pipeline, self._directory.result
        self._directory.run(pipeline.allocations[0], pipeline.array, pipeline.baseline)
        synthesis = self._synthesis()
        library = synthesis.liberty.name
        self._console.table(area_table(synthesis), outputs.area_title(library))
        try:
            self._directory.run(*pipeline.energies, *pipeline.network_energies)
        except (CompileError, SynthesisInputError, SynthesisToolError) as error:
            # Not every network runs on the array alone, and not every library knows energies.
            self._console.note(f"no energy: {one_line(error)}")
            return
        energies = [result(step) for step in pipeline.energies]
        networks = [result(step) for step in pipeline.network_energies]
        self._console.table(energy_table(energies, networks), outputs.energy_title(library))
        for design, energy in zip((synthesis.array, synthesis.baseline), energies, strict=True):
            path = cost_table.write(design, energy, self._configuration.build)
            self._console.say(f"cost table: {path}")

    def _check_simulator(self) -> None:
        """A missing simulator is told now, not after minutes of allocation."""
        from sim.simulators import check_simulator

        check_simulator(self._configuration.simulator)

    def _publish_networks(self) -> None:
        """Copies the integer networks to where people look for them."""
        for seed, step in zip(self._configuration.seeds, self._pipeline.allocations, strict=True):
            target = self._configuration.build / "networks" / f"seed{seed}"
            target.mkdir(parents=True, exist_ok=True)
            for name in allocate.NETWORK:
                shutil.copyfile(self._directory.folder_of(step) / name, target / name)

    def _synthesis(self) -> SynthesisResult:
        pipeline, result = self._pipeline, self._directory.result
        return synthesise.combine(
            result(pipeline.array), result(pipeline.baseline), result(pipeline.allocations[0])
        )

    def _findings(self) -> Findings:
        pipeline, result = self._pipeline, self._directory.result
        return Findings(
            configuration=self._configuration,
            pretrained=result(pipeline.pretrained),
            uniform=[result(step) for step in pipeline.uniform],
            allocations=[result(step) for step in pipeline.allocations],
            networks=[result(step) for step in pipeline.goldens],
            simulation=result(pipeline.simulation),
            synthesis=self._synthesis(),
            provenance=Provenance(
                command=self._command,
                versions=provenance.versions(),
                sources={room: provenance.source_sha256(room) for room in ROOMS},
                steps={
                    step.name: store.seconds(self._directory.folder_of(step))
                    for step in pipeline.in_order()
                },
            ),
        )


def report(build: Path, console: Console) -> None:
    """Draws the last demo's report again."""
    findings = outputs.read(build)
    page = outputs.write(findings, build)
    outputs.show(findings, console)
    console.say(f"report: {page}")


def train(output: Path) -> None:
    """Trains the shipped float network again; its checkpoint goes to `output`."""
    # Torch takes seconds to import: only where it trains.
    from quant.train import main

    output.parent.mkdir(parents=True, exist_ok=True)
    main([str(output)])


def readme(console: Console, *, write: bool) -> None:
    """Writes the README's figures, or raises ReadmeError where they differ from the record."""
    if write:
        readme_file.write()
    else:
        readme_file.check()
    console.say(f"README.md {'written from' if write else 'agrees with'} benchmarks/")


def versions(console: Console) -> None:
    """Lists what a figure depends on."""
    rows = tuple(provenance.versions().items())
    console.table(Table(headers=("package", "version"), rows=rows), "Versions")
