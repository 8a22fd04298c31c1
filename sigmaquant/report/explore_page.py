"""The page of an exploration: its front as a picture, every array as a table."""

from sigmaquant.explore_record import ExploreRecord
from sigmaquant.explore_statements import left_out, on_engine
from sigmaquant.report.charts.explore import explore_chart
from sigmaquant.report.template import fill
from sigmaquant.tables import Table


def render(record: ExploreRecord) -> str:
    """The whole page as text. Same record, same page."""
    return fill(
        "explore.html",
        network=record.network.name,
        headline=f"Arrays for {record.network.name}",
        lead=_lead(record),
        chart=explore_chart(record),
        arrays=record.table(),
        reference=record.name(record.reference.label),
        engine=on_engine(record),
        left_out=left_out(record),
        command=record.command,
        versions=Table(headers=("package", "version"), rows=tuple(record.versions.items())),
        hashes=_hashes(record),
    )


def _lead(record: ExploreRecord) -> str:
    network = record.network
    return (
        f"Arrays of equal peak: {len(record.arrays)}. MACs of one image: {network.total:,}; "
        f"{network.widths}."
    )


def _hashes(record: ExploreRecord) -> Table:
    liberty = record.arrays[0].area.liberty
    sources = [(f"sources of {room}", sha256) for room, sha256 in record.sources.items()]
    rows = (
        (f"network {record.network.name}", record.network.sha256),
        (liberty.name, liberty.sha256),
        *sources,
        *record.inputs.items(),
    )
    return Table(headers=("what", "SHA-256"), rows=rows)
