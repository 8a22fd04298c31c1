"""The comparison's tables, for its page and the README."""

from collections.abc import Callable, Mapping, Sequence

from sigmaquant.synth_benchmark.plan import BEST_INT8, INT8_MACS, LABELS, OURS, SERIAL_MAC
from sigmaquant.synth_benchmark.record import (
    MIX,
    CurvePoint,
    DesignFigures,
    Figures,
    LibraryFigures,
)
from sigmaquant.tables import Table, count, percent

WIDTHS = ("8", "6", "4", "2", MIX)


def headline_table(library: LibraryFigures) -> Table:
    """Area and energy of ours and of the best INT8 array, by width and at the mix."""
    rows = []
    for width in WIDTHS:
        area = _against(library, lambda design, key=width: design.area_per_mac_cycle[key])
        energy = _against(library, lambda design, key=width: design.energy_fj_per_mac[key])
        rows.append((_width(width), *_pair(*area), *_pair(*energy)))
    headers = (
        "weights",
        "µm² per MAC/cycle",
        "best INT8",
        "ratio",
        "fJ per MAC",
        "best INT8",
        "ratio",
    )
    return Table(headers=headers, rows=tuple(rows))


def _against(library: LibraryFigures, of: Callable[[DesignFigures], float]) -> tuple[float, float]:
    figure = {name: of(library.designs[name]) for name in (OURS, *BEST_INT8)}
    return figure[OURS], min(figure[name] for name in BEST_INT8)


def _pair(ours: float, rival: float) -> tuple[str, str, str]:
    return f"{ours:,.1f}", f"{rival:,.1f}", percent(ours / rival)


def bar_table(figures: Figures) -> Table:
    """What the plan demands, and whether it holds; the same ratios with the other libraries."""
    others = list(figures.libraries.items())[1:]
    rows = tuple(
        (
            *ratio_words(bar.name),
            _ratio(bar.value),
            percent(bar.limit),
            "yes" if bar.met else "no",
            *(_ratio(library.ratios.get(bar.name)) for _, library in others),
        )
        for bar in figures.bars
    )
    headers = ("shift-add", "against", "ratio", "at most", "met", *(name for name, _ in others))
    return Table(headers=headers, rows=rows)


def ratio_words(name: str) -> tuple[str, str]:
    """`area_mix_of_best_int8` as people read it: the figure, and the rival."""
    figure, _, rest = name.partition("_of_")
    rival = next(each for each in _RIVALS if rest.startswith(each))
    network = rest.removeprefix(rival).removeprefix("_")
    return _FIGURES[figure] + (f", {network}" if network else ""), _RIVALS[rival]


_FIGURES = {
    "area_mix": "area at the mix",
    "energy_mix": "energy at the mix",
    "area_8bit": "area at 8 bits",
    "energy_8bit": "energy at 8 bits",
    "area_time": "area x time",
    "energy": "energy",
}
_RIVALS = {
    "best_int8": "best INT8 array",
    "int8_pe": "INT8 processing elements",
    "bricks": "bricks",
}


def _ratio(value: float | None) -> str:
    return "not measured" if value is None else percent(value)


def area_table(designs: Mapping[str, DesignFigures]) -> Table:
    """One row per array: size, clock, and area for its throughput."""
    rows = tuple(
        (
            LABELS[name],
            f"`{name}`",
            count(each.area_um2),
            count(each.nand2_equivalents),
            percent(each.sequential_area_um2 / each.area_um2, 0),
            f"{each.critical_path_ns:.2f}",
            *(f"{each.area_per_mac_cycle[width]:,.1f}" for width in WIDTHS),
        )
        for name, each in designs.items()
    )
    headers = (
        "array",
        "preset",
        "µm²",
        "NAND2",
        "flip-flops' share",
        "path, ns",
        *(f"µm² per MAC/cycle, {_width(width)}" for width in WIDTHS),
    )
    return Table(headers=headers, rows=rows)


def curve_table(points: Sequence[CurvePoint]) -> Table:
    """One row per array and clock."""
    rows = tuple(
        (
            each.design,
            f"{each.period_ns:.2f}",
            f"{each.critical_path_ns:.2f}" + ("" if each.meets_period else ", too long"),
            count(each.area_um2),
        )
        for each in points
    )
    return Table(headers=("array", "asked, ns", "path, ns", "µm²"), rows=rows)


def energy_table(designs: Mapping[str, DesignFigures]) -> Table:
    """One row per array that was measured: energy of a multiply-accumulate."""
    rows = tuple(
        (
            LABELS[name],
            *(f"{each.energy_fj_per_mac[width]:,.1f}" for width in WIDTHS),
            percent(error(each)),
            f"{each.settled_fj_per_mac[MIX]:,.1f}",
            f"{(each.leakage_nw or 0) / 1e6:.2f}",
        )
        for name, each in designs.items()
        if each.energy_fj_per_mac
    )
    headers = (
        "array",
        *(f"fJ per MAC, {_width(width)}" for width in WIDTHS),
        "error",
        "no glitches, mix",
        "leakage, mW",
    )
    return Table(headers=headers, rows=rows)


def error(design: DesignFigures) -> float:
    """The largest standard error among its widths, of the energy there."""
    return max(
        each / design.energy_fj_per_mac[width]
        for width, each in design.energy_error_fj_per_mac.items()
    )


def published_table(designs: Mapping[str, DesignFigures]) -> Table:
    """Single units: the serial one against both ways to multiply, as the paper compares them."""
    serial, rivals = designs[SERIAL_MAC], [designs[name] for name in INT8_MACS]
    rows = [
        _published("area, µm²", serial.area_um2, [rival.area_um2 for rival in rivals]),
    ]
    for width in WIDTHS[:-1]:
        rows.append(
            _published(
                f"cycles per MAC, {width} bits",
                serial.cycles_per_mac[width],
                [rival.cycles_per_mac[width] for rival in rivals],
                digits=2,
            )
        )
    for width in WIDTHS:
        rows.append(
            _published(
                f"fJ per MAC, {_width(width)}",
                serial.energy_fj_per_mac[width],
                [rival.energy_fj_per_mac[width] for rival in rivals],
            )
        )
    rows.append(
        _published(
            "longest path, ns",
            serial.critical_path_ns,
            [rival.critical_path_ns for rival in rivals],
            digits=2,
        )
    )
    for width in WIDTHS[:-1]:
        rows.append(
            _published(
                f"µm² per MAC/cycle, {width} bits",
                serial.area_um2 * serial.cycles_per_mac[width],
                [rival.area_um2 * rival.cycles_per_mac[width] for rival in rivals],
            )
        )
    labels = [LABELS[name] for name in INT8_MACS]
    headers = ("single unit", LABELS[SERIAL_MAC], *labels, *(f"of {label}" for label in labels))
    return Table(headers=headers, rows=tuple(rows))


def _published(
    label: str, ours: float, rivals: Sequence[float], digits: int = 1
) -> tuple[str, ...]:
    figures = (f"{each:,.{digits}f}" for each in (ours, *rivals))
    return (label, *figures, *(percent(ours / rival) for rival in rivals))


def _width(width: str) -> str:
    return "the mix" if width == MIX else f"{width} bits"
