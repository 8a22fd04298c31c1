"""Cycles per layer on the shift-add array and on the INT8 array of equal 8-bit throughput."""

from matplotlib.figure import Figure

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import count, layer_table

NAME = "cycles"


def cycles_chart(findings: Findings) -> Chart:
    """Two bars per layer, in the order of execution."""
    table = layer_table(findings.simulation)
    alt = "Cycles by layer: " + "; ".join(
        f"{row[0]} {row[2]} shift-add, {row[5]} INT8" for row in table.rows[:-1]
    )
    return Chart(
        name=NAME,
        title="Cycles, layer by layer",
        finding=_finding(findings),
        method=_method(findings),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=table,
    )


def _finding(findings: Findings) -> str:
    ours, rival = findings.cycles
    change = (
        f"{rival / ours:.2f} times as fast" if ours < rival else f"{ours / rival:.2f} times slower"
    )
    return f"{count(ours)} cycles against {count(rival)} on INT8: {change}."


def _method(findings: Findings) -> str:
    layers = findings.simulation.layers
    exact = sum(
        layer.bit_exact and layer.cycles_model == layer.cycles_simulated for layer in layers
    )
    configuration = findings.configuration
    scope = (
        "every output position"
        if configuration.positions is None
        else f"the first {configuration.positions} output positions"
    )
    images = "one image" if configuration.images == 1 else f"{configuration.images} images"
    return (
        f"Clock cycles for {images}, {scope} of each layer, one layer after "
        f"the other, without stalls. Shift-add ({configuration.array}): counted in the simulation "
        f"of the generated Verilog ({findings.simulation.simulator}); {exact} of {len(layers)} "
        "layers are bit-exact to the integer reference with cycles equal to the closed-form "
        "model, also with random stalls on every stream. "
        f"INT8 ({configuration.baseline}, same MACs per cycle at 8 bits): the same model."
    )


def _paint(findings: Findings) -> Figure:
    layers = findings.simulation.layers
    figure = theme.figure(4.7, 0.9 + 0.4 * len(layers))
    axes = figure.subplots()
    theme.plain(axes, grid="x")
    rows = range(len(layers))
    series = (
        ("shift-add", "ours", -0.19, [layer.cycles_simulated for layer in layers]),
        ("INT8", "rival", 0.19, [layer.cycles_model for layer in findings.simulation.baseline]),
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
    axes.set_yticks(rows, [f"{layer.name} ({layer.bits} b)" for layer in layers])
    axes.set_ylim(len(layers) - 0.4, -0.6)
    axes.margins(x=0.14)
    axes.set_xlabel("cycles")
    axes.legend(loc="lower right")
    return figure
