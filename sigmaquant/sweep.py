"""The sweep command: accuracy against a cost over methods, budgets and seeds."""

from pathlib import Path

from sigmaquant import methods, provenance, sources
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError
from sigmaquant.point_results import PointResult
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step
from sigmaquant.steps import point, pretrained
from sigmaquant.store import write_atomically
from sigmaquant.sweep_config import SIZE, SweepConfiguration
from sigmaquant.sweep_record import FILE, SweepRecord

PAGE = Path("sweep") / "index.html"
_ROOMS = ("hw", "quant", "compiler", "sim", "sigmaquant")


def run(configuration: SweepConfiguration, console: Console, *, command: str, fresh: bool) -> None:
    """Computes all points; shows the table, writes the record and the page into the build folder.

    Raises ConfigurationError for a method that knows no budget on the cost.
    """
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report.sweep_page import render

    for method in configuration.methods:
        methods.check_budget(method, configuration.axis)
    missing = methods.left_out(configuration.methods)
    if len(missing) == len(configuration.methods):
        raise ConfigurationError(f"--methods: {', '.join(missing)} is not installed; add others")
    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    start, points = pretrained.step(configuration), steps(configuration)
    directory.run(start, *points)
    record = SweepRecord(
        command=command,
        axis=configuration.axis,
        pretrained=directory.result(start),
        points=[directory.result(each) for each in points],
        left_out=missing,
        inputs=sources.input_files(configuration),
        sources={room: provenance.source_sha256(room) for room in _ROOMS},
        versions=provenance.versions(),
    )
    build = configuration.build
    write_atomically(build / FILE, record.model_dump_json(indent=1) + "\n")
    write_atomically(build / PAGE, render(record))
    console.table(record.table(), "Test accuracy, mean and deviation over the seeds")
    for method in record.left_out:
        console.note(f"{method} is left out: its package is not installed")
    console.say(f"record: {build / FILE}")
    console.say(f"page: {build / PAGE}")


def steps(configuration: SweepConfiguration) -> list[Step[PointResult]]:
    """A step for every point whose method is installed."""
    name = "size" if configuration.axis == SIZE else configuration.axis
    return [
        point.step(within, method, seed, place=f"{name}-{limit:.12g}")
        for method, seed, limit, within in configuration.points()
        if methods.is_available(method)
    ]
