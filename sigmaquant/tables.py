"""The result tables, once, for the terminal, the page and the README."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table as RichTable

from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.engine_results import (
    EngineNetwork,
    ModelledLayer,
    ModelledNetwork,
    SimulationResult,
)
from sigmaquant.results import AllocationResult, SynthesisResult

WIDTHS = ("8", "6", "4", "2", "mix")
WHOLE = "whole program"
MEMORY = ("kB in", "out", "weights", "INT8 in", "out", "weights")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Text in rows and columns. The first column names the row."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def rich(self, title: str) -> RichTable:
        """For the terminal."""
        table = RichTable(
            title=title,
            title_justify="left",
            title_style="bold",
            header_style="dim",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for index, header in enumerate(self.headers):
            table.add_column(header, justify="right" if index else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return table

    def beside(self, other: "Table") -> "Table":
        """Both in one; their rows are of the same things."""
        columns = {row[0]: row[1:] for row in other.rows}
        blank = ("",) * (len(other.headers) - 1)
        return Table(
            headers=self.headers + other.headers[1:],
            rows=tuple(row + columns.get(row[0], blank) for row in self.rows),
        )

    def markdown(self) -> str:
        """For the README."""
        rule = ["---"] + ["---:"] * (len(self.headers) - 1)
        lines = (self.headers, rule, *self.rows)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def listed(sentences: Sequence[str]) -> str:
    """Sentences as a list in Markdown."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction as percent, such as 38.9 %; the number and its sign stay on one line."""
    number = f"{100 * fraction:.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return f"{number}\N{NO-BREAK SPACE}%"


def count(value: float) -> str:
    """A number without fraction, such as 12,345."""
    return f"{value:,.0f}"


def width_label(width: str) -> str:
    """`8` is uniform 8 bits, `mix` is the allocated network's own mix."""
    return "this network" if width == "mix" else f"{width} bits"


def layer_table(simulation: SimulationResult) -> Table:
    """One row per operation, and the whole program.

    Cycles are those within the program, `=` where the simulation of the operation alone took as
    many as the model says. `used` is the share of the array's peak at the operation's width,
    `bound` what keeps it from more.
    """
    ours, rival = simulation.engine, simulation.baseline
    rows = [
        (
            short_name(layer),
            str(layer.bits or ""),
            _against(layer.cycles_model, layer.cycles_simulated, layer.cycles),
            percent(layer.utilization, 0),
            layer.bound,
            count(other.cycles),
            percent(other.utilization, 0),
            other.bound,
        )
        for layer, other in zip(ours.layers, rival.layers, strict=True)
    ]
    starts = [
        network.cycles_model - sum(layer.cycles for layer in network.layers)
        for network in (ours, rival)
    ]
    rows.append(("start", "", count(starts[0]), "", "", count(starts[1]), "", ""))
    rows.append(
        (
            WHOLE,
            "",
            _against(ours.cycles_model, ours.cycles_simulated, ours.cycles_simulated),
            percent(ours.utilization_overall, 0),
            "",
            count(rival.cycles_model),
            percent(rival.utilization_overall, 0),
            "",
        )
    )
    headers = ("layer", "bits", "cycles", "used", "bound", "INT8", "used", "bound")
    return Table(headers=headers, rows=tuple(rows))


def memory_table(simulation: SimulationResult) -> Table:
    """One row per operation, and their sum: MACs, and what both engines move, in 1000 bytes.

    `in` and `out` are whole words read from and written to activation memory, residuals included,
    `weights` those read from weight memory.
    """
    ours, rival = simulation.engine, simulation.baseline
    lines = [
        (layer.macs, *_bytes(ours, layer), *_bytes(rival, other))
        for layer, other in zip(ours.layers, rival.layers, strict=True)
    ]
    names = [short_name(layer) for layer in ours.layers]
    sums = tuple(map(sum, zip(*lines, strict=True)))
    rows = tuple(
        (name, count(macs), *(f"{each / 1000:,.1f}" for each in moved))
        for name, (macs, *moved) in zip((*names, WHOLE), (*lines, sums), strict=True)
    )
    return Table(headers=("layer", "MACs", *MEMORY), rows=rows)


def _bytes(network: EngineNetwork | ModelledNetwork, layer: ModelledLayer) -> tuple[int, int, int]:
    counters, word = layer.counters, network.activation_word_bytes
    return (
        (counters["activation_reads"] + counters["residual_reads"]) * word,
        counters["activation_writes"] * word,
        counters["weight_reads"] * network.weight_word_bytes,
    )


def short_name(layer: ModelledLayer) -> str:
    """`block1.conv2 + block1.add` is told as `block1.conv2 + add`."""
    first, *others = layer.name.split(" + ")
    return " + ".join((first, *(other.rpartition(".")[2] for other in others)))


def _against(model: int, simulated: int, shown: int) -> str:
    if simulated == model:
        return f"= {count(shown)}"
    return f"{count(simulated)} ≠ {count(model)}"


def area_table(synthesis: SynthesisResult) -> Table:
    """One row per weight width: um2 per MAC per cycle of both designs, and their ratio."""
    ours = synthesis.array.per_mac_cycle_um2
    rival = synthesis.baseline.per_mac_cycle_um2
    rows = tuple(
        (
            width_label(width),
            f"{ours[width]:,.1f}",
            f"{rival[width]:,.1f}",
            percent(ours[width] / rival[width]),
        )
        for width in WIDTHS
    )
    return Table(headers=("weights", "shift-add", "INT8", "shift-add / INT8"), rows=rows)


def energy_table(energies: Sequence[EnergyResult], networks: Sequence[NetworkEnergy]) -> Table:
    """fJ per MAC by weight width and on the network; each argument is (array, baseline)."""
    (ours, rival), (network, other) = energies, networks
    pairs = [
        (
            width_label(width),
            (ours.fj_per_mac[width], ours.settled_fj_per_mac[width]),
            (rival.fj_per_mac[width], rival.settled_fj_per_mac[width]),
        )
        for width in WIDTHS
        if width in ours.fj_per_mac
    ]
    pairs.append(
        (
            "this network",
            (network.fj_per_mac, network.settled_fj_per_mac),
            (other.fj_per_mac, other.settled_fj_per_mac),
        )
    )
    rows = [
        (
            name,
            *(f"{figure:,.1f}" for figure in (*first, *second)),
            percent(first[0] / second[0]),
        )
        for name, first, second in pairs
    ]
    rows.append(
        (
            "one image, nJ",
            f"{network.energy_nj:,.1f}",
            "",
            f"{other.energy_nj:,.1f}",
            "",
            percent(network.energy_nj / other.energy_nj),
        )
    )
    headers = (
        "weights",
        "shift-add",
        "no glitches",
        "INT8",
        "no glitches",
        "shift-add / INT8",
    )
    return Table(headers=headers, rows=tuple(rows))


def frontier_table(allocation: AllocationResult) -> Table:
    """What the search saw of size against accuracy: allocations that none other beats in both."""
    rows = tuple(
        (f"{point.mean_bits:.2f} bits", percent(point.size_ratio), percent(point.drop, 2))
        for point in allocation.frontier
    )
    return Table(headers=("mean width", "size of INT8", "accuracy drop"), rows=rows)
