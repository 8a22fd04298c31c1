"""Program that runs a list of Yosys commands; a process of its own because an error ends it.

Usage: python -m synth.yosys_worker STEPS.json, a list of {"label", "commands"}. Before each step
its number is printed to standard error as `@step N`; Yosys writes its log to standard output.
"""

import json
import sys
from pathlib import Path

from pyosys import libyosys  # pyright: ignore[reportAttributeAccessIssue]


def run(path: Path) -> None:
    """Execute all steps of the file on one design."""
    design = libyosys.Design()
    for number, step in enumerate(json.loads(path.read_text())):
        sys.stderr.write(f"@step {number}\n")
        sys.stderr.flush()
        for command in step["commands"]:
            libyosys.run_pass(command, design)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
