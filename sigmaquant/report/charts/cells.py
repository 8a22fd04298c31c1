"""Bits as cells, layer by layer: more bits, more ink."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from sigmaquant.report import theme


def paint_cells(
    axes: Axes, layers: Sequence[str], columns: Mapping[str, Sequence[int]], *, over: str
) -> None:
    """One row per layer, one column of bits for each of `columns`, whose names are `over` those."""
    for column, bits in enumerate(columns.values()):
        for row, width in enumerate(bits):
            axes.barh(row, 0.94, left=column + 0.03, height=0.86, color=theme.bits_colour(width))
            axes.text(
                column + 0.5,
                row,
                str(width),
                ha="center",
                va="center_baseline",
                color=theme.bits_text_colour(width),
            )
    axes.set_xticks([column + 0.5 for column in range(len(columns))], list(columns))
    axes.set_yticks(range(len(layers)), layers)
    axes.set_xlabel(over)
    axes.set_title("bits")
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(layers) - 0.4, -0.6)
    axes.spines[:].set_visible(False)
