"""Run Yosys commands in a process of their own, with progress and one-line errors."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from quant.progress import Progress
from synth.errors import SynthesisToolError

_MARK = "@step "


@dataclass(frozen=True)
class Step:
    """Commands run in order under one label of the progress display."""

    label: str
    commands: tuple[str, ...]


def run(steps: Sequence[Step], folder: Path, name: str, progress: Progress | None = None) -> Path:
    """Run the steps on one fresh design; relative paths in commands start at `folder`.

    Writes `name`.steps.json and `name`.log into `folder`, returns the log's path.
    Raises SynthesisToolError with the failed step, Yosys' message and the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.steps.json").write_text(json.dumps([asdict(step) for step in steps]))
    log = folder / f"{name}.log"
    command = [sys.executable, "-m", "synth.yosys_worker", f"{name}.steps.json"]
    at, message = 0, ""
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(_MARK):
                at = int(line.removeprefix(_MARK))
                if progress:
                    progress(steps[at].label, at, len(steps))
            elif line.strip():
                message = line.strip()
    if process.returncode:
        reason = message.removeprefix("ERROR: ") or f"it ended with {process.returncode}"
        raise SynthesisToolError(f"Yosys failed at '{steps[at].label}': {reason} (log: {log})")
    if progress:
        progress(steps[-1].label, len(steps), len(steps))
    return log
