"""Area per multiply-accumulate per cycle, both designs, by weight width."""

from matplotlib.figure import Figure

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import WIDTHS, Table, count, percent, width_label

NAME = "area"


def area_chart(findings: Findings) -> Chart:
    """Two columns per width, and for the network's own mix."""
    ours = findings.synthesis.array.per_mac_cycle_um2
    rival = findings.synthesis.baseline.per_mac_cycle_um2
    alt = "Area in um2 per MAC per cycle: " + "; ".join(
        f"{width_label(width)} {count(ours[width])} shift-add, {count(rival[width])} INT8"
        for width in WIDTHS
    )
    return Chart(
        name=NAME,
        title="Silicon for the same throughput",
        finding=(
            f"{percent(findings.area_ratio('mix'))} of the INT8 array's area at this network's own "
            f"mix of widths, {percent(findings.area_ratio('8'))} at uniform 8 bits."
        ),
        method=_method(findings),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=_table(findings),
    )


def _method(findings: Findings) -> str:
    synthesis = findings.synthesis
    mix = ", ".join(
        f"{percent(share)} at {bits} bits" for bits, share in synthesis.mix.items() if share
    )
    return (
        "Cell area in µm² over multiply-accumulates per cycle at full utilisation: an area means "
        "nothing without its throughput. Both arrays with their edges through one Yosys flow with "
        f"the {synthesis.liberty.name} library at {synthesis.array.period_ns:.2f} ns; after "
        "technology mapping, without layout, wires or memories; the requantizers behind both are "
        f"the same and left out. The mix counts MACs: {mix}."
    )


def _paint(findings: Findings) -> Figure:
    figure = theme.figure(4.7, 3.1)
    axes = figure.subplots()
    theme.plain(axes, grid="y")
    places = range(len(WIDTHS))
    scale, unit, digits = _scale(findings)
    for label, design, colour, offset in (
        ("shift-add", findings.synthesis.array, "ours", -0.2),
        ("INT8", findings.synthesis.baseline, "rival", 0.2),
    ):
        values = [design.per_mac_cycle_um2[width] / scale for width in WIDTHS]
        bars = axes.bar(
            [place + offset for place in places],
            values,
            width=0.36,
            label=label,
            color=theme.colour(colour),
        )
        axes.bar_label(
            bars,
            [f"{value:.{digits}f}" for value in values],
            padding=2,
            fontsize=7.5,
            color=theme.colour("muted"),
        )
    axes.set_xticks(places, [width_label(width) for width in WIDTHS])
    axes.set_ylabel(f"{unit} per MAC/cycle")
    axes.margins(y=0.2)
    axes.legend(loc="upper right", ncols=2)
    return figure


def _scale(findings: Findings) -> tuple[float, str, int]:
    """Old processes need thousands of µm²: labels of five digits would run into each other."""
    designs = (findings.synthesis.array, findings.synthesis.baseline)
    largest = max(max(design.per_mac_cycle_um2.values()) for design in designs)
    return (1.0, "µm²", 0) if largest < 1000 else (1000.0, "1000 µm²", 1)


def _table(findings: Findings) -> Table:
    rows = tuple(
        (
            f"{design.unit} ({design.preset})",
            count(design.cells),
            count(design.area_um2),
            count(design.nand2_equivalents),
            f"{design.critical_path_ns:.2f}",
            *(f"{design.per_mac_cycle_um2[width]:.1f}" for width in WIDTHS),
        )
        for design in (findings.synthesis.array, findings.synthesis.baseline)
    )
    widths = tuple(f"µm²/(MAC/cycle), {width_label(width)}" for width in WIDTHS)
    return Table(
        headers=("design", "cells", "area, µm²", "NAND2 equivalents", "path, ns", *widths),
        rows=rows,
    )
