"""What a demo leaves for people and scripts: findings, summary and the report's page."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from sigmaquant import findings as findings_module
from sigmaquant import summary
from sigmaquant.console import Console
from sigmaquant.engine_results import EngineFit, SimulationResult
from sigmaquant.errors import StoreError
from sigmaquant.findings import Findings
from sigmaquant.results import AllocationResult
from sigmaquant.store import write_atomically
from sigmaquant.tables import area_table, frontier_table, layer_table, memory_table

PAGE = Path("report") / "index.html"


def write(findings: Findings, build: Path) -> Path:
    """Writes findings.json, summary.json and the page into `build`; returns the page's path."""
    # Matplotlib takes half a second to import: only when something is drawn.
    from sigmaquant.report.page import render

    files = {
        findings_module.FILE: findings.model_dump_json(indent=1) + "\n",
        summary.FILE: summary.Summary.of(findings).model_dump_json(indent=2) + "\n",
        str(PAGE): render(findings),
    }
    for name, text in files.items():
        write_atomically(build / name, text)
    return build / PAGE


def read(build: Path) -> Findings:
    """The findings of the last demo in `build`.

    Raises StoreError where there are none or the file is damaged.
    """
    path = build / findings_module.FILE
    try:
        return Findings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StoreError(f"{path}: no demo has finished here; run: sigmaquant demo") from None
    except ValidationError:
        raise StoreError(
            f"{path}: damaged; run `sigmaquant demo` again, finished steps are kept"
        ) from None


def show(findings: Findings, console: Console) -> None:
    """The tables at the end of a demo."""
    console.table(findings.seeds, "Accuracy and size: test split, one allocation per seed")
    explain(findings.allocations, findings.met, console)
    show_simulation(findings.simulation, findings.shown.seed, console)
    library = findings.synthesis.liberty.name
    console.table(area_table(findings.synthesis), area_title(library))


def show_simulation(simulation: SimulationResult, seed: int, console: Console) -> None:
    """What every operation of seed `seed`'s network costs on the engine."""
    engine = simulation.engine
    console.table(
        layer_table(simulation),
        f"Seed {seed} on the engine, cycles of one image, = where the model agrees: "
        f"{engine.exact_layers} of {len(engine.layers)} bit-exact",
    )
    console.table(
        memory_table(simulation),
        f"Seed {seed} on the engine, memory of one image, 1 kB = 1000 bytes",
    )


def explain(allocations: Sequence[AllocationResult], met: Sequence[bool], console: Console) -> None:
    """Says for every seed that missed the budgets what its search came to, and what is in reach."""
    for allocation, good in zip(allocations, met, strict=True):
        if not good:
            console.note(f"seed {allocation.seed}: {allocation.reason}")
            title = f"Within reach of seed {allocation.seed}: validation split"
            console.table(frontier_table(allocation), title)


def explain_fits(fits: Sequence[EngineFit], console: Console) -> None:
    """Says once why the engine cannot run a network, for every reason that there is."""
    for reason in dict.fromkeys(fit.reason for fit in fits if fit.cycles is None):
        console.note(f"not on the engine: {reason}")


def energy_title(library: str) -> str:
    """The unit belongs beside the figures."""
    return (
        f"Energy in the array while it computes, fJ per MAC, {library}; no wires, clock tree or "
        "memories; by width of the rounded float network"
    )


def area_title(library: str) -> str:
    """The unit belongs beside the figures."""
    return f"Area after technology mapping, µm² per MAC/cycle, {library}"
