"""Bits per layer beside the two statistics that chose them."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.report.charts.cells import paint_cells
from sigmaquant.tables import Table, count

NAME = "bits"
METHOD = (
    "Left: bits of each layer's weights, one column per seed. Middle: sigma, the standard "
    "deviation of the layer's float weights. Right: Kullback-Leibler divergence between the "
    "histograms of the float weights and of their quantized values at the chosen width, first "
    "seed. Layers in the order of execution."
)


def bits_chart(findings: Findings) -> Chart:
    """Layers as rows; bits by seed, sigma and weight KL as columns."""
    layers = findings.shown.layers
    widest = [layer.name for layer in layers if layer.bits == max(each.bits for each in layers)]
    final = findings.shown.final
    finding = (
        f"{final.mean_bits:.2f} bits a weight on average. "
        f"Most precise in the first seed: {', '.join(widest)}."
    )
    alt = "Bits by layer and seed: " + "; ".join(
        f"{layer.name} {'/'.join(str(bits) for bits in _bits_by_seed(findings, index))}"
        for index, layer in enumerate(layers)
    )
    return Chart(
        name=NAME,
        title="Which layers keep their bits",
        finding=finding,
        method=METHOD,
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=_table(findings),
    )


def _bits_by_seed(findings: Findings, index: int) -> list[int]:
    return [allocation.layers[index].bits for allocation in findings.allocations]


def _paint(findings: Findings) -> Figure:
    layers = findings.shown.layers
    seeds = len(findings.allocations)
    figure = theme.figure(4.7, 0.8 + 0.27 * len(layers))
    cells, sigma, divergence = figure.subplots(
        1, 3, sharey=True, width_ratios=[0.2 + 0.36 * seeds, 1.2, 1.2]
    )
    paint_cells(
        cells,
        [layer.name for layer in layers],
        {
            str(allocation.seed): [layer.bits for layer in allocation.layers]
            for allocation in findings.allocations
        },
        over="seed",
    )
    _paint_bars(sigma, [layer.sigma for layer in layers], "sigma")
    _paint_bars(divergence, [layer.weight_kl for layer in layers], "weight KL")
    return figure


def _paint_bars(axes: Axes, values: list[float], title: str) -> None:
    axes.barh(range(len(values)), values, height=0.5, color=theme.colour("rival"))
    for row, value in enumerate(values):
        axes.annotate(
            f"{value:.3g}",
            (value, row),
            xytext=(3, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=8,
            color=theme.colour("muted"),
        )
    axes.set_title(title)
    axes.set_xlim(0, max(values) * 1.4 or 1)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.tick_params(labelleft=False)


def _table(findings: Findings) -> Table:
    seeds = tuple(f"bits, seed {allocation.seed}" for allocation in findings.allocations)
    rows = tuple(
        (
            layer.name,
            count(layer.weights),
            count(layer.macs),
            f"{layer.sigma:.4f}",
            f"{layer.weight_kl:.4f}",
            *(str(bits) for bits in _bits_by_seed(findings, index)),
        )
        for index, layer in enumerate(findings.shown.layers)
    )
    return Table(headers=("layer", "weights", "MACs", "sigma", "weight KL", *seeds), rows=rows)
