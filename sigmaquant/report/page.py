"""The report's page: findings and charts poured into one HTML file without outside references."""

from dataclasses import dataclass

from sigmaquant.config import Configuration
from sigmaquant.findings import Findings
from sigmaquant.report.charts import CHARTS
from sigmaquant.report.template import fill
from sigmaquant.tables import Table, count, percent


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One key figure."""

    label: str
    value: str
    note: str


def render(findings: Findings) -> str:
    """The whole page as text. Same findings, same page."""
    return fill(
        "page.html",
        network=findings.configuration.network,
        findings=findings,
        headline=headline(findings),
        lead=_lead(findings),
        tiles=_tiles(findings),
        seeds=findings.seeds,
        missed=[
            f"Seed {allocation.seed}: {allocation.reason}."
            for allocation, good in zip(findings.allocations, findings.met, strict=True)
            if not good
        ],
        charts=[make(findings) for make in CHARTS],
        versions=_versions(findings),
        hashes=_hashes(findings),
        steps=_steps(findings),
    )


def headline(findings: Findings) -> str:
    """The result in one sentence."""
    met = sum(findings.met)
    total = len(findings.allocations)
    if met == total:
        size = percent(max(network.size_ratio for network in findings.networks))
        return f"{size} of the INT8 weights, accuracy drop within budget"
    return f"Budget ({_budgets(findings.configuration)}) met by {met} of {total} seeds"


def _lead(findings: Findings) -> str:
    configuration = findings.configuration
    return (
        f"Network: {configuration.network}. Budget: {_budgets(configuration)}, accuracy at most "
        f"{percent(configuration.accuracy_drop)} below float. Each layer's bits were allocated by "
        f"SigmaQuant with {len(configuration.seeds)} seeds and exported as integers. The first "
        f"seed's network ran as one program on the generated shift-add engine "
        f"({configuration.array}), from its own memories; an engine around an INT8 array "
        f"({configuration.baseline}) of the same 8-bit throughput, with as much memory, is the "
        "rival."
    )


def _budgets(asked: Configuration) -> str:
    size = asked.size_budget
    limits = (
        (size and percent(size, 0), "weights at most {} of INT8"),
        (asked.weight_bytes, "weights at most {:,} bytes"),
        (asked.bops, "at most {:,.12g} bit operations"),
        (asked.cycles, "at most {:,} cycles"),
        (asked.energy_nj, "at most {:,.12g} nJ"),
    )
    return ", ".join(text.format(limit) for limit, text in limits if limit is not None)


def _tiles(findings: Findings) -> list[Tile]:
    networks = findings.networks
    mean = sum(network.golden_accuracy for network in networks) / len(networks)
    ours, rival = findings.cycles
    engine = findings.simulation.engine
    size = sum(network.size_ratio for network in networks) / len(networks)
    bits = sum(network.mean_bits for network in networks) / len(networks)
    return [
        Tile(
            label="Test accuracy",
            value=percent(mean),
            note=f"float {percent(findings.float_accuracy)}, "
            f"INT8 {percent(findings.int8_accuracy)}",
        ),
        Tile(label="Weight size", value=percent(size), note=f"of INT8, {bits:.2f} bits on average"),
        Tile(
            label="Exact operations",
            value=f"{engine.exact_layers} of {len(engine.layers)}",
            note="codes as the reference, cycles as the model",
        ),
        Tile(
            label="Cycles",
            value=percent(ours / rival, 0),
            note=f"of INT8 for one image: {count(ours)} of {count(rival)}",
        ),
        Tile(
            label="Area per MAC/cycle",
            value=percent(findings.area_ratio("mix"), 0),
            note=f"of INT8 at this mix, {percent(findings.area_ratio('8'), 0)} at 8 bits",
        ),
    ]


def _versions(findings: Findings) -> Table:
    versions = findings.synthesis.array.versions | findings.simulation.versions
    every = versions | findings.provenance.versions
    return Table(headers=("package", "version"), rows=tuple(sorted(every.items())))


def _hashes(findings: Findings) -> Table:
    rows = [(f"sources of {room}", sha256) for room, sha256 in findings.provenance.sources.items()]
    rows.append(("checkpoint", findings.pretrained.checkpoint_sha256))
    rows += [(f"integer network, seed {each.seed}", each.sha256) for each in findings.networks]
    liberty = findings.synthesis.liberty
    rows.append((f"library {liberty.name}", liberty.sha256))
    designs = (findings.synthesis.array, findings.synthesis.baseline)
    rows += [(f"RTLIL of {each.preset}", each.rtlil_sha256) for each in designs]
    rows += [(f"netlist of {each.preset}", each.netlist_sha256) for each in designs]
    return Table(headers=("what", "SHA-256"), rows=tuple(rows))


def _steps(findings: Findings) -> Table:
    steps = findings.provenance.steps
    return Table(
        headers=("step", "seconds"),
        rows=tuple((name, f"{seconds:.1f}") for name, seconds in steps.items()),
    )
