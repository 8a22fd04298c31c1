"""Colours, and matplotlib figures as inline SVG that follows the page's light or dark theme.

Matplotlib wants real colours, the page wants CSS variables: figures are drawn in placeholder
colours, and each placeholder becomes `var(--name)` in the SVG's text.
"""

import io
import re
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# name: (light, dark). The widths 2..8 are one ramp: more bits, more ink.
PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#1c2230", "#e8eaf0"),
    "muted": ("#5d6675", "#a2abba"),
    "grid": ("#dfe3ea", "#333b49"),
    "surface": ("#ffffff", "#171c25"),
    "ours": ("#1f5fd0", "#79aaff"),
    "rival": ("#8d95a3", "#7f8999"),
    "accent": ("#c2540a", "#ffa45c"),
    "good": ("#1b7f4d", "#59c98f"),
    "bits-2": ("#d9e7fd", "#1b3157"),
    "bits-3": ("#c0d7fb", "#21406f"),
    "bits-4": ("#a3c5f8", "#284f8a"),
    "bits-5": ("#7dabf2", "#3160a6"),
    "bits-6": ("#3570d4", "#6c9fee"),
    "bits-7": ("#225bb9", "#98bff9"),
    "bits-8": ("#11449b", "#cadfff"),
    "on-light": ("#1c2230", "#e8eaf0"),
    "on-strong": ("#ffffff", "#10151d"),
    "zone-target": ("#1b7f4d", "#59c98f"),
    "zone-iteration": ("#1f5fd0", "#79aaff"),
    "zone-increase": ("#b78103", "#e6bd4a"),
    "zone-decrease": ("#7b4bc4", "#b795f2"),
    "zone-abandon": ("#b3373a", "#f08385"),
    "zone-other": ("#5d6675", "#a2abba"),
}

_PLACEHOLDER = {name: f"#{0xFE0100 + index:06x}" for index, name in enumerate(PALETTE)}

_STYLE = {
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


def colour(name: str) -> str:
    """The placeholder to draw with; KeyError for a name that is not in the palette."""
    return _PLACEHOLDER[name]


def bits_colour(bits: int) -> str:
    """The ramp's colour of a weight width."""
    return colour(f"bits-{bits}")


def bits_text_colour(bits: int) -> str:
    """A text colour readable on `bits_colour` in both themes."""
    return colour("on-strong" if bits >= 6 else "on-light")


def zone_colour(zone: str) -> str:
    """A zone's colour by its name, whatever its spelling: `bit_increase`, `Bit-Increase`."""
    words = re.split(r"[^a-z]+", zone.lower())
    known = (f"zone-{word}" for word in words if f"zone-{word}" in PALETTE)
    return colour(next(known, "zone-other"))


def style(name: str) -> AbstractContextManager[None]:
    """Matplotlib's settings for the chart `name`: `with style(name): ...`."""
    inked = ("text.color", "axes.labelcolor")
    muted = ("xtick.color", "ytick.color")
    settings: dict[Any, Any] = (
        _STYLE
        | dict.fromkeys(inked, colour("ink"))
        | dict.fromkeys(muted, colour("muted"))
        | {"axes.edgecolor": colour("grid"), "grid.color": colour("grid"), "svg.hashsalt": name}
    )
    return mpl.rc_context(settings)


def figure(width: float, height: float) -> Figure:
    """An empty figure; size in inches, one inch being 72 units of the SVG."""
    return Figure(figsize=(width, height), layout="constrained")


def plain(axes: Axes, *, grid: str) -> None:
    """A light grid along one axis ('x' or 'y') and no other lines."""
    axes.grid(axis="x" if grid == "x" else "y", linewidth=0.8)
    axes.spines["left" if grid == "y" else "bottom"].set_visible(False)


def svg(drawn: Figure, name: str, alt: str) -> str:
    """The figure as an inline `<svg>` element, readable by a screen reader.

    Ids get `name` as prefix: several charts share one page.
    """
    buffer = io.StringIO()
    with style(name):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        drawn.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<(metadata|style).*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font(-family)?: ([\d.]+px )?[^;\"]*DejaVu Sans[^;\"]*", _inherit, text)
    for key, placeholder in _PLACEHOLDER.items():
        text = text.replace(placeholder, f"var(--{key})")
    return _labelled(text, alt)


def _inherit(match: re.Match[str]) -> str:
    """Keeps the size that matplotlib laid out with and takes the page's font."""
    size = match.group(2)
    return f"font-size: {size.strip()}; font-family: inherit" if size else "font-family: inherit"


def _labelled(text: str, alt: str) -> str:
    """One picture to a screen reader, sized by the page."""
    head, rest = text.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{escape(alt)}">{rest}'.strip()


def standalone(inline: str) -> str:
    """An inline SVG as a file of its own, with the palette inside."""
    head, rest = inline.split(">", 1)
    fonts = "svg{font-family:system-ui,'Liberation Sans',sans-serif}"
    return f"{head}><style>{css()}{fonts}</style>{rest}\n"


def css() -> str:
    """The palette as CSS variables, dark where the reader's system is dark."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in PALETTE.items())
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )
