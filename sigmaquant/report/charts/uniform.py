"""Accuracy against weight size: the allocations among the uniform networks."""

from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sigmaquant.findings import HARDLY, Findings
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.tables import Table, percent

NAME = "uniform"
HEADROOM = 0.1  # of the range, above the best point
FAR = 0.06  # accuracy below float by more than this would flatten the rest of the chart


def uniform_chart(findings: Findings) -> Chart:
    """Size to the right, accuracy upwards; better is up and left."""
    alt = "Test accuracy against weight size. " + "; ".join(
        f"{row[0]}: {row[3]} accuracy at {row[2]} of INT8's size" for row in _table(findings).rows
    )
    return Chart(
        name=NAME,
        title="Accuracy for the bytes",
        finding=_finding(findings),
        method=_method(findings),
        alt=alt,
        svg=draw(NAME, alt, lambda: _paint(findings)),
        table=_table(findings),
    )


def _finding(findings: Findings) -> str:
    sizes = [network.size_ratio for network in findings.networks]
    drop = max(findings.drops)
    change = f"costs at most {percent(drop)} accuracy" if drop > 0 else "costs no accuracy"
    low, high = percent(min(sizes)), percent(max(sizes))
    span = low if low == high else f"{low} to {high}"
    return f"{span} of INT8's size {change} against float.{_rivals(findings)}"


def _rivals(findings: Findings) -> str:
    """Uniform networks that are as good, or nearly: a reader must not have to find them."""
    size = fmean(network.size_ratio for network in findings.networks)
    accuracy = fmean(network.golden_accuracy for network in findings.networks)
    better = [
        f"{bits}"
        for bits in findings.uniform_bits
        if findings.uniform_size(bits) <= size
        and findings.uniform_accuracy(bits) >= accuracy - HARDLY
    ]
    if not better:
        return ""
    return (
        f" Uniform {' and '.join(better)} bits is no larger and hardly worse: this network is "
        "too easy to tell allocations apart."
    )


def _method(findings: Findings) -> str:
    epochs = sorted({point.qat_epochs for point in findings.uniform})
    spent = " to ".join(f"{value:g}" for value in dict.fromkeys((epochs[0], epochs[-1])))
    return (
        f"Top-1 accuracy on the whole test split ({findings.pretrained.images['test']} images), "
        "which no decision has seen. Weight size is the bits of all weights over 8 bits each. "
        "SigmaQuant: the exported network in pure integers. Uniform: the fake-quantized network "
        f"after {spent} epochs of quantization-aware training from the same start, one point per "
        "seed, line through the mean. Shaded: the budgets."
    )


def _paint(findings: Findings) -> Figure:
    figure = theme.figure(4.7, 3.4)
    axes = figure.subplots()
    theme.plain(axes, grid="y")
    low = 100 * (_floor(findings) - 0.008)
    _paint_budget(axes, findings, low)
    _paint_float(axes, findings)
    _paint_uniform(axes, findings, low)
    _paint_allocated(axes, findings)
    axes.set_xlabel("weight size, % of INT8")
    axes.set_ylabel("test accuracy, %")
    axes.set_xlim(0, 108)
    high = 100 * _ceiling(findings)
    axes.set_ylim(low, high + HEADROOM * (high - low))
    axes.legend(loc="lower right")
    return figure


def _floor(findings: Findings) -> float:
    """The lowest accuracy worth the space; what lies below is named at the edge."""
    means = [findings.uniform_accuracy(bits) for bits in findings.uniform_bits]
    ours = [network.golden_accuracy for network in findings.networks]
    target = findings.float_accuracy - findings.configuration.accuracy_drop
    near = [value for value in means if value > findings.float_accuracy - FAR]
    return min(near + ours + [target])


def _ceiling(findings: Findings) -> float:
    points = [point.accuracy.test for point in findings.uniform]
    ours = [network.golden_accuracy for network in findings.networks]
    return max([findings.float_accuracy, *points, *ours])


def _paint_budget(axes: Axes, findings: Findings, low: float) -> None:
    target = 100 * (findings.float_accuracy - findings.configuration.accuracy_drop)
    size = 100 * (findings.configuration.size_budget or 1)
    axes.add_patch(
        Rectangle((0, target), size, 100, color=theme.colour("good"), alpha=0.14, linewidth=0)
    )
    axes.annotate(
        "budget",
        (0, max(target, low)),
        xytext=(4, 4),
        textcoords="offset points",
        color=theme.colour("good"),
    )


def _paint_float(axes: Axes, findings: Findings) -> None:
    height = 100 * findings.float_accuracy
    axes.axhline(height, color=theme.colour("muted"), linestyle=(0, (4, 3)), linewidth=1)
    axes.annotate(
        "float",
        (0, height),
        xytext=(4, 3),
        textcoords="offset points",
        color=theme.colour("muted"),
    )


def _paint_uniform(axes: Axes, findings: Findings, low: float) -> None:
    grey = theme.colour("rival")
    sizes = [100 * findings.uniform_size(bits) for bits in findings.uniform_bits]
    means = [100 * findings.uniform_accuracy(bits) for bits in findings.uniform_bits]
    axes.plot(
        [100 * point.size_ratio for point in findings.uniform],
        [100 * point.accuracy.test for point in findings.uniform],
        "o",
        color=grey,
        alpha=0.45,
        markersize=4,
    )
    axes.plot(sizes, means, "-s", color=grey, markersize=5, linewidth=1.5, label="uniform")
    for bits, size, mean in zip(findings.uniform_bits, sizes, means, strict=True):
        hidden = mean < low
        axes.annotate(
            f"{bits} bits: {mean:.1f} % ↓" if hidden else f"{bits} bits",
            (size, low if hidden else mean),
            xytext=(0, 4 if hidden else -13),
            textcoords="offset points",
            ha="center",
            color=theme.colour("muted"),
        )


def _paint_allocated(axes: Axes, findings: Findings) -> None:
    axes.plot(
        [100 * network.size_ratio for network in findings.networks],
        [100 * network.golden_accuracy for network in findings.networks],
        "D",
        color=theme.colour("ours"),
        markersize=7,
        label="SigmaQuant",
        markeredgecolor=theme.colour("surface"),
    )


def _table(findings: Findings) -> Table:
    float_row = ("float", "32", percent(4.0), percent(findings.float_accuracy, 2))
    uniform = [
        (
            f"uniform {point.bits} bits, seed {point.seed}",
            str(point.bits),
            percent(point.size_ratio),
            percent(point.accuracy.test, 2),
        )
        for point in findings.uniform
    ]
    allocated = [
        (
            f"SigmaQuant, seed {network.seed}",
            f"{network.mean_bits:.2f}",
            percent(network.size_ratio),
            percent(network.golden_accuracy, 2),
        )
        for network in findings.networks
    ]
    return Table(
        headers=("network", "mean bits", "size of INT8", "test accuracy"),
        rows=(float_row, *uniform, *allocated),
    )
