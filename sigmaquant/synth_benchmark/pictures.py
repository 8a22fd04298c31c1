"""The pictures of docs/synth.md, drawn from the figures of the record."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sigmaquant import benchmark
from sigmaquant.report import theme
from sigmaquant.report.chart import Chart, draw
from sigmaquant.report.charts.area_delay import area_delay_chart
from sigmaquant.synth_benchmark.image_tables import system_nj, system_table
from sigmaquant.synth_benchmark.plan import BEST_INT8, BRICKS, LABELS, OURS, PLAN, SERIAL_ARRAY
from sigmaquant.synth_benchmark.record import (
    MIX,
    DesignFigures,
    Figures,
    InferenceFigures,
)
from sigmaquant.synth_benchmark.statements import headline, images, systems
from sigmaquant.synth_benchmark.tables import area_table, curve_table, headline_table

PICTURES = benchmark.ROOT / "docs" / "synth"
_ENGINES = (OURS, *BEST_INT8)
_PARTS = (
    ("computing", "ours"),
    ("waiting", "bits-4"),
    ("leakage", "rival"),
    ("memories", "accent"),
)


def pictures(figures: Figures) -> list[Chart]:
    """Arrays at the mix, the leading ones by width, and images with their memories."""
    charts = [_arrays(figures), _widths(figures)]
    if any(_with_memories(arrays) for arrays in figures.main.inference.values()):
        charts.append(_images(figures))
    if curve := figures.main.curve:
        charts.append(area_delay_chart(curve, curve_table(curve)))
    return charts


def _arrays(figures: Figures) -> Chart:
    designs = {
        name: each
        for name, each in figures.main.designs.items()
        if name in PLAN.arrays and name != SERIAL_ARRAY
    }
    alt = "Area in um2 per MAC/cycle and energy in fJ per MAC at the mix: " + "; ".join(
        f"{LABELS[name]} {each.area_per_mac_cycle[MIX]:.0f} and {each.energy_fj_per_mac[MIX]:.0f}"
        for name, each in designs.items()
    )
    return Chart(
        name="arrays",
        title="Every array at the mix",
        finding=headline(figures),
        method="Both at one clock and one peak at 8 bits, by one flow.",
        alt=alt,
        svg=draw("arrays", alt, lambda: _paint_arrays(designs)),
        table=area_table(designs),
    )


def _paint_arrays(designs: Mapping[str, DesignFigures]) -> Figure:
    figure = theme.figure(8.2, 3.2)
    area, energy = figure.subplots(1, 2, sharey=True)
    names = sorted(designs, key=lambda name: designs[name].area_per_mac_cycle[MIX])
    columns = (
        (area, "µm² per MAC/cycle", [designs[name].area_per_mac_cycle[MIX] for name in names]),
        (energy, "fJ per MAC", [designs[name].energy_fj_per_mac[MIX] for name in names]),
    )
    for axes, label, values in columns:
        theme.plain(axes, grid="x")
        bars = axes.barh(
            range(len(names)),
            values,
            height=0.6,
            color=[theme.colour("ours" if name == OURS else "rival") for name in names],
        )
        axes.bar_label(
            bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=7.5,
            color=theme.colour("muted"),
        )  # fmt: skip
        axes.set_xlabel(label)
        axes.margins(x=0.15)
    area.set_yticks(range(len(names)), [LABELS[name] for name in names])
    area.set_ylim(len(names) - 0.4, -0.6)
    return figure


def _widths(figures: Figures) -> Chart:
    designs = {name: figures.main.designs[name] for name in (OURS, *BEST_INT8, BRICKS)}
    alt = "By weight bits, area in um2 per MAC/cycle and energy in fJ per MAC: " + "; ".join(
        f"{LABELS[name]} "
        + ", ".join(
            f"{width} bits {each.area_per_mac_cycle[str(width)]:.0f} and "
            f"{each.energy_fj_per_mac[str(width)]:.0f}"
            for width in PLAN.widths
        )
        for name, each in designs.items()
    )
    return Chart(
        name="widths",
        title="Area and energy by width",
        finding=headline(figures),
        method="Area over peak throughput; energy on layers of ResNet-20 at uniform widths.",
        alt=alt,
        svg=draw("widths", alt, lambda: _paint_widths(designs)),
        table=headline_table(figures.main),
    )


def _paint_widths(designs: Mapping[str, DesignFigures]) -> Figure:
    figure = theme.figure(8.2, 3.0)
    area, energy = figure.subplots(1, 2)
    widths = sorted(PLAN.widths)
    styles = dict(
        zip(designs, (("ours", "-"), ("ink", "-"), ("ink", "--"), ("accent", "-")), strict=True)
    )
    for name, each in designs.items():
        colour, line = styles[name]
        for axes, by_width in ((area, each.area_per_mac_cycle), (energy, each.energy_fj_per_mac)):
            axes.plot(
                widths,
                [by_width[str(width)] for width in widths],
                line,
                marker="o",
                markersize=4,
                color=theme.colour(colour),
                label=LABELS[name],
            )
    for axes, label in ((area, "µm² per MAC/cycle"), (energy, "fJ per MAC")):
        theme.plain(axes, grid="y")
        axes.set_xticks(widths)
        axes.set_xlabel("bits of a weight")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    figure.legend(*area.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def _with_memories(arrays: Mapping[str, InferenceFigures]) -> dict[str, InferenceFigures]:
    return {
        name: arrays[name]
        for name in _ENGINES
        if name in arrays
        and arrays[name].memory_nj is not None
        and arrays[name].array_nj is not None
    }


def _images(figures: Figures) -> Chart:
    networks = {
        network: known
        for network, arrays in figures.main.inference.items()
        if (known := _with_memories(arrays)) and network.startswith("resnet20")
    }
    alt = "Energy of an image in µJ, array and memories: " + "; ".join(
        f"{network}, {LABELS[name]} {system_nj(image, figures.memory_band[0]) / 1e3:.1f}"
        for network, arrays in networks.items()
        for name, image in arrays.items()
    )
    return Chart(
        name="images",
        title="An image of the allocated ResNet-20",
        finding=" ".join([*images(figures), *systems(figures)]),
        method=(
            "Array on its netlist; memories by the model's least figures, the line goes to the "
            "largest that other sources have. Other logic of the engine is not in it."
        ),
        alt=alt,
        svg=draw("images", alt, lambda: _paint_images(networks, figures.memory_band)),
        table=system_table(networks, figures.memory_band),
    )


def _paint_images(
    networks: Mapping[str, Mapping[str, InferenceFigures]], band: tuple[float, float]
) -> Figure:
    figure = theme.figure(8.2, 2.6)
    panels: Sequence[Axes] = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    for axes, (network, arrays) in zip(panels, networks.items(), strict=True):
        theme.plain(axes, grid="y")
        axes.set_title(network)
        for place, image in enumerate(arrays.values()):
            _paint_image(axes, place, image, band, labelled=axes is panels[0] and not place)
        axes.set_xticks(range(len(arrays)), [_SHORT[name] for name in arrays])
    panels[0].set_ylabel("µJ an image")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


_SHORT: dict[str, str] = dict(
    zip(_ENGINES, ("shift-add", "INT8\nBooth", "INT8\nB.-W."), strict=True)
)


def _paint_image(
    axes: Axes, place: int, image: InferenceFigures, band: tuple[float, float], *, labelled: bool
) -> None:
    assert image.memory_nj is not None
    memories = band[0] * sum(image.memory_nj.values()) + (image.memory_leakage_nj or 0)
    parts = (image.active_nj or 0, image.idle_nj or 0, image.leakage_nj or 0, memories)
    bottom = 0.0
    for (label, colour), part in zip(_PARTS, parts, strict=True):
        axes.bar(
            place,
            part / 1e3,
            bottom=bottom,
            width=0.6,
            color=theme.colour(colour),
            label=label if labelled else None,
        )
        bottom += part / 1e3
    top = system_nj(image, band[1]) / 1e3
    axes.plot([place, place], [bottom, top], color=theme.colour("muted"), linewidth=1.2)
