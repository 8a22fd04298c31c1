"""The area command: designs through one synthesis flow, at one clock period or several."""

import json
from pathlib import Path

from sigmaquant.area_config import AreaConfiguration
from sigmaquant.area_tables import UNITS, comparison, missed
from sigmaquant.console import Console
from sigmaquant.results import DesignArea
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step
from sigmaquant.steps import synthesise
from sigmaquant.store import write_atomically

FILE = "areas.json"
PAGE = Path("areas") / "index.html"


def run(configuration: AreaConfiguration, console: Console, *, command: str, fresh: bool) -> None:
    """Synthesise every design at every period; write the records and the page, show the table."""
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report.area_page import render
    from synth.record import AreaRecord

    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    wanted = steps(configuration)
    directory.run(*wanted)
    files = [directory.folder_of(step) / synthesise.RECORD for step in wanted]
    records = [AreaRecord.from_json(json.loads(file.read_text())) for file in files]
    build = configuration.build
    content = [record.to_json() for record in records]
    write_atomically(build / FILE, json.dumps(content, indent=1) + "\n")
    write_atomically(build / PAGE, render(records, command))
    library = records[0].liberty["name"]
    console.table(comparison(records), f"Standard cells of {library}, no layout, no memories")
    console.say(UNITS)
    for line in missed(records):
        console.note(line)
    console.say(f"records: {build / FILE}")
    console.say(f"page: {build / PAGE}")


def steps(configuration: AreaConfiguration) -> list[Step[DesignArea]]:
    """A step for every design and period; designs first."""
    from synth.designs import Design

    return [
        synthesise.design_step(configuration, Design.named(name), period)
        for name in configuration.designs
        for period in configuration.periods or (None,)
    ]
