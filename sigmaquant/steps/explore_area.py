"""Area and longest path of one array of an exploration."""

import json
import shutil
from functools import partial

from hw.config import ArrayConfig
from sigmaquant.config import Configuration
from sigmaquant.explore_results import ArrayArea
from sigmaquant.step import Context, Step
from sigmaquant.steps import synthesise

SOURCES = ("hw", "synth", __name__)


def step(configuration: Configuration, label: str, array: ArrayConfig) -> Step[ArrayArea]:
    """Synthesis of `array`, called `label`; the folder holds the room's record and the netlist.

    Raises the room's LibertyError for a missing library.
    """
    return Step(
        name=f"explore-area-{label}",
        title=f"Synthesise {label}",
        result=ArrayArea,
        compute=partial(_compute, configuration, label, array),
        inputs={"array": array.to_dict(), "liberty": synthesise.liberty_sha256(configuration)},
        sources=SOURCES,
        distributions=synthesise.DISTRIBUTIONS,
        artifacts=(synthesise.RECORD, synthesise.NETLIST),
    )


def _compute(
    configuration: Configuration, label: str, array: ArrayConfig, context: Context
) -> ArrayArea:
    from synth.designs import Design
    from synth.flow import Options
    from synth.liberty import load
    from synth.library_source import locate
    from synth.record import mapped_design

    path = locate(configuration.liberty, synthesise.cache(configuration), context.progress)
    mapped = mapped_design(
        Design(block=synthesise.BLOCK, preset=label, configuration=array),
        load(path),
        context.folder,
        Options(jobs=1),  # steps already run side by side
        context.progress,
    )
    values = mapped.record.to_json()
    (context.folder / synthesise.RECORD).write_text(json.dumps(values, indent=1))
    shutil.copyfile(mapped.file, context.folder / synthesise.NETLIST)
    return ArrayArea.model_validate(values | {"cells": mapped.record.cell_count})
