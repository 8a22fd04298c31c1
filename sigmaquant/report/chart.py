"""What every chart of the page consists of."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from sigmaquant.report import theme
from sigmaquant.tables import Table


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawn chart with its words: finding, method with units, alternative text."""

    name: str
    title: str
    finding: str
    method: str
    alt: str
    svg: str
    table: Table


def draw(name: str, alt: str, paint: Callable[[], Figure]) -> str:
    """Runs `paint` under the page's style; returns the inline SVG."""
    with theme.style(name):
        return theme.svg(paint(), name, alt)
