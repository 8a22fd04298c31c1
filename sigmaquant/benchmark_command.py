"""The benchmark command: a fixed plan in, one record with its pictures out."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sigmaquant import benchmark, methods, provenance, resnet20_record, sources
from sigmaquant.benchmark_config import BenchmarkConfiguration
from sigmaquant.config import Configuration
from sigmaquant.console import Console
from sigmaquant.point_results import IntegerResult, PointResult
from sigmaquant.resnet20_figures import Measured, figures
from sigmaquant.resnet20_plan import MAIN, Plan, Stage, Target
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step
from sigmaquant.steps import integers, point, pretrained, sensitivity
from sigmaquant.store import write_atomically


@dataclass(frozen=True, kw_only=True)
class Place:
    """One point of the plan with a step per seed; integers for the main ones."""

    stage: str
    method: str
    budget_bits: float | None
    steps: tuple[Step[PointResult], ...]
    integers: tuple[Step[IntegerResult], ...]


def run(asked: BenchmarkConfiguration, plan: Plan, console: Console, *, fresh: bool) -> None:
    """Computes the plan, writes the record and its pictures, and shows the bars."""
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report import theme
    from sigmaquant.report.resnet20_pictures import PICTURES, pictures
    from sigmaquant.resnet20_statements import bar_table

    configuration = base(asked, plan)
    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    start, planned = pretrained.step(configuration), list(places(configuration, plan))
    study = sensitivity.step(configuration, plan.sensitive_bits)
    directory.run(
        start,
        study,  # long and alone: at the end it would leave all processors but one idle
        *(step for place in planned for step in (*place.steps, *place.integers)),
    )
    missing = methods.left_out(plan.methods)
    found = figures(
        plan,
        directory.result(start),
        [_measured(place, directory) for place in planned],
        directory.result(study),
        missing,
    )
    inputs = sources.input_files(configuration)
    for chart in pictures(found):
        path = PICTURES / f"{chart.name}.svg"
        write_atomically(path, theme.standalone(chart.svg))
        inputs[f"picture {chart.name}"] = provenance.file_sha256(path)
    path = benchmark.write_record(
        resnet20_record.NAME,
        found.model_dump(mode="json", by_alias=True),
        command(asked, plan),
        inputs,
        () if methods.MODELOPT in missing else methods.MODELOPT_DISTRIBUTIONS,
    )
    console.table(bar_table(found), "What the plan demands")
    for method in missing:
        console.note(f"{method} is left out: its package is not installed")
    console.say(f"record: {path}; now run: sigmaquant readme --write")


def base(asked: BenchmarkConfiguration, plan: Plan) -> Configuration:
    """The configuration that all points share."""
    return Configuration.load(
        None,
        {
            "network": plan.network,
            "weights": asked.weights,
            "data": asked.data,
            "widths": plan.widths,
            "seeds": asked.seeds,
            "jobs": asked.jobs,
            "build": asked.build,
        },
    )


def places(configuration: Configuration, plan: Plan) -> Iterator[Place]:
    """Every point of the plan, as far as its method is installed and its seeds are asked for."""
    for stage in plan.stages:
        within = configuration.model_copy(
            update={"search_steps": stage.search_steps, "epochs": stage.epochs}
        )
        for method in filter(methods.is_available, stage.methods):
            for target in plan.targets:
                if target.mean_bits in stage.sizes:
                    yield _place(within, plan, stage, method, target)
        for bits in stage.uniform:
            yield _place(within, plan, stage, methods.uniform(bits), None)


def _place(
    configuration: Configuration, plan: Plan, stage: Stage, method: str, target: Target | None
) -> Place:
    name = stage.name
    if target is not None:
        name = f"{stage.name}-{target.mean_bits:g}bits"
        limits = {"size_ratio": target.size_ratio, "accuracy_drop": target.accuracy_drop}
        configuration = configuration.model_copy(update=limits)
    steps = tuple(
        point.step(configuration, method, seed, place=name, search_rounds=stage.search_rounds)
        for seed in stage.seeds_of(methods.family(method), target.mean_bits if target else None)
        if seed in configuration.seeds
    )
    exported = tuple(
        integers.step(
            configuration,
            each,
            images=plan.code_images,
            code_slack=plan.code_slack,
            accuracy_slack=plan.golden_slack,
        )
        for each in steps
        if stage.name == MAIN
    )
    return Place(
        stage=stage.name,
        method=method,
        budget_bits=target.mean_bits if target else None,
        steps=steps,
        integers=exported,
    )


def _measured(place: Place, directory: RunDirectory) -> Measured:
    return Measured(
        stage=place.stage,
        method=place.method,
        budget_bits=place.budget_bits,
        results=tuple(directory.result(step) for step in place.steps),
        integers=tuple(directory.result(step) for step in place.integers),
    )


def command(asked: BenchmarkConfiguration, plan: Plan) -> str:
    """The command line for the record, without this machine's folders."""
    words = ["sigmaquant", "benchmark", plan.network, *asked.words()]
    if asked.seeds != BenchmarkConfiguration().seeds:
        words += ["--seeds", ",".join(map(str, asked.seeds))]
    return benchmark.without_folders(shlex.join(words))
