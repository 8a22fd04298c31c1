"""benchmarks/explore.json, docs/explore.md and the README's part: a published exploration."""

from pathlib import Path
from typing import Any

from sigmaquant import benchmark, provenance
from sigmaquant.explore_record import ExploreRecord
from sigmaquant.explore_statements import left_out, on_engine, standing, widened
from sigmaquant.report import theme
from sigmaquant.report.charts.explore import explore_chart, method
from sigmaquant.store import write_atomically
from sigmaquant.tables import listed

NAME = "explore"
PICTURES = benchmark.ROOT / "docs" / NAME
_WRITTEN = "<!-- written by `sigmaquant readme --write` from benchmarks/explore.json -->"


def write(record: ExploreRecord) -> list[Path]:
    """Writes the record and its picture; returns their paths."""
    chart = explore_chart(record)
    picture = PICTURES / f"{chart.name}.svg"
    write_atomically(picture, theme.standalone(chart.svg))
    liberty = record.arrays[0].area.liberty
    inputs = record.inputs | {
        f"liberty {liberty.name}": liberty.sha256,
        f"picture {chart.name}": provenance.file_sha256(picture),
    }
    published = record.model_copy(update={"command": benchmark.without_folders(record.command)})
    figures = published.model_dump(mode="json")
    return [benchmark.write_record(NAME, figures, published.command, inputs), picture]


def read() -> tuple[dict[str, Any], ExploreRecord]:
    """The published one; StoreError where it is missing or of another version."""
    return benchmark.read_figures(NAME, ExploreRecord, "sigmaquant explore --record")


def readme() -> str:
    """What is said of the preset, and where the picture is."""
    _, record = read()
    return (
        f"Of {len(record.arrays)} arrays of {record.peak:g} MAC a cycle at 8 bits, on "
        f"{record.network.name} "
        f"([docs/explore.md](docs/explore.md)): {' '.join(standing(record))}"
    )


def page() -> str:
    """The whole page."""
    _, record = read()
    parts = (
        _WRITTEN,
        f"# Arrays for {record.network.name}",
        (
            f"`{record.command}` made these figures; `benchmarks/explore.json` keeps them with "
            f"versions and hashes. {len(record.arrays)} arrays of {record.peak:g} MAC a cycle at 8 "
            f"bits; {record.network.total:,} MACs an image, {record.network.widths}."
        ),
        "![Energy and area against time](explore/explore.svg)",
        listed([*standing(record), *on_engine(record), *widened(record)]),
        method(record),
        "## Each array",
        (
            f"Area x time, energy x time and the product of all three as shares of "
            f"{record.name(record.reference.label)}. Front: beaten by no array in area, time and "
            "energy together."
        ),
        record.table().markdown(),
        record.details().markdown(),
        "## Left out",
        listed(left_out(record) or ["Nothing."]),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"
