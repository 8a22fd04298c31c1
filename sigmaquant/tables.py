"""The result tables, once, for the terminal, the page and the README."""

from dataclasses import dataclass

from rich import box
from rich.table import Table as RichTable

from sigmaquant.results import SimulationResult, SynthesisResult

WIDTHS = ("8", "6", "4", "2", "mix")


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

    def markdown(self) -> str:
        """For the README."""
        rule = ["---"] + ["---:"] * (len(self.headers) - 1)
        lines = (self.headers, rule, *self.rows)
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


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
    """One row per simulated layer and their sum.

    Cycles are those simulated, `=` where the model says the same. `stalled` are the cycles with
    random stalls, `used` is the share of the array's peak.
    """
    rows = [
        (
            layer.name,
            str(layer.bits),
            _against(layer.cycles_model, layer.cycles_simulated),
            _against(layer.stalled_cycles_model, layer.stalled_cycles_simulated),
            percent(layer.utilization, 0),
            count(rival.cycles_model),
            percent(rival.utilization, 0),
            "yes" if layer.bit_exact else "NO",
        )
        for layer, rival in zip(simulation.layers, simulation.baseline, strict=True)
    ]
    simulated = sum(layer.cycles_simulated for layer in simulation.layers)
    model = sum(layer.cycles_model for layer in simulation.layers)
    rival = sum(layer.cycles_model for layer in simulation.baseline)
    rows.append(("all layers", "", _against(model, simulated), "", "", count(rival), "", ""))
    headers = ("layer", "bits", "cycles", "stalled", "used", "INT8", "used", "exact")
    return Table(headers=headers, rows=tuple(rows))


def _against(model: int, simulated: int) -> str:
    if simulated == model:
        return f"= {count(simulated)}"
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
