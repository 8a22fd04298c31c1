"""Cycles per operation on the shift-add engine and on an INT8 engine of equal 8-bit throughput."""

from matplotlib.figure import Figure

from sigmaquant.engine_results import ModelledLayer
from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import count, layer_table, memory_table, percent, short_name

NAME = "cycles"


def cycles_chart(findings: Findings) -> Chart:
    """Two bars per operation, in the order of execution."""
    table = layer_table(findings.simulation)
    alt = "Cycles by layer: " + "; ".join(
        f"{row[0]} {row[2]} shift-add, {row[5]} INT8" for row in table.rows
    )
    return Chart(
        name=NAME,
        title="Cycles, layer by layer",
        finding=_finding(findings),
        method=_method(findings),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=table.beside(memory_table(findings.simulation)),
    )


def _finding(findings: Findings) -> str:
    ours, rival = findings.cycles
    change = (
        f"{rival / ours:.2f} times as fast" if ours < rival else f"{ours / rival:.2f} times slower"
    )
    return f"{count(ours)} cycles against {count(rival)} on INT8: {change}."


def _method(findings: Findings) -> str:
    simulation, configuration = findings.simulation, findings.configuration
    ours, rival = simulation.engine, simulation.baseline
    images = "one test image" if simulation.images == 1 else f"{simulation.images} test images"
    return (
        "Clock cycles of one image from the start command to the last code written, memory system "
        "included: fetching windows, padding, weights, channel parameters and residuals, writing "
        f"results. Shift-add ({configuration.array}): counted by the engine's own registers in the "
        f"simulation of the generated Verilog ({simulation.simulator}), driven over AXI with "
        f"{images}; {ours.exact_layers} of {len(ours.layers)} operations, each also run alone, are "
        "bit-exact to the integer reference with every counter equal to the cycle model, and so is "
        f"the whole program. INT8 ({configuration.baseline}, same MACs per cycle at 8 bits): the "
        "same compiler and cycle model for an engine with as many bytes of memory, not simulated. "
        "A bar lasts from an operation's start to the next one's in the program, by that model. "
        "Used: useful MACs over those the "
        f"array could do, {percent(ours.utilization_overall, 0)} of all cycles here and "
        f"{percent(rival.utilization_overall, 0)} on INT8. Bound: what costs most of the rest: "
        "fetch, drain, rows, columns or lanes without work, or the filling of the pipeline between "
        "two operations. In and out are whole words of activation memory, 1 kB = 1000 bytes."
    )


def _paint(findings: Findings) -> Figure:
    layers = findings.simulation.engine.layers
    figure = theme.figure(4.7, 0.9 + 0.4 * len(layers))
    axes = figure.subplots()
    theme.plain(axes, grid="x")
    rows = range(len(layers))
    series = (
        ("shift-add", "ours", -0.19, [layer.cycles for layer in layers]),
        ("INT8", "rival", 0.19, [layer.cycles for layer in findings.simulation.baseline.layers]),
    )
    for label, colour, offset, values in series:
        bars = axes.barh(
            [row + offset for row in rows],
            values,
            height=0.34,
            label=label,
            color=theme.colour(colour),
        )
        axes.bar_label(
            bars,
            [count(value) for value in values],
            padding=3,
            fontsize=7.5,
            color=theme.colour("muted"),
        )
    axes.set_yticks(rows, [_label(layer) for layer in layers])
    axes.set_ylim(len(layers) - 0.4, -0.6)
    axes.margins(x=0.14)
    axes.set_xlabel("cycles")
    axes.legend(loc="lower right")
    return figure


def _label(layer: ModelledLayer) -> str:
    return f"{short_name(layer)} ({layer.bits} b)" if layer.bits else short_name(layer)
