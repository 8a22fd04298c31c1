"""The page of synthesised designs: their areas, their modules and the area-delay curve."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sigmaquant.area_tables import UNITS, comparison, memory_table, missed, module_table
from sigmaquant.report.charts.area_delay import area_delay_chart
from sigmaquant.report.template import fill
from sigmaquant.tables import Table, count

if TYPE_CHECKING:
    from synth.record import AreaRecord


def render(records: Sequence["AreaRecord"], command: str) -> str:
    """The whole page as text. Same records, same page."""
    names = dict.fromkeys(record.design for record in records)
    table = comparison(records)
    several = len(records) > len(names)
    return fill(
        "areas.html",
        network="areas",
        headline="Area after technology mapping",
        lead=f"{', '.join(names)} in the cells of {records[0].liberty['name']}.",
        chart=area_delay_chart(records, table) if several else None,
        table=table,
        units=UNITS,
        missed=[f"{line}." for line in missed(records)],
        designs=[_design(record) for record in records],
        command=command,
        versions=Table(headers=("package", "version"), rows=tuple(records[0].versions.items())),
        memories=_memory_model() if any(record.memories for record in records) else "",
        hashes=_hashes(records),
    )


def _memory_model() -> str:
    from synth.sram import TECHNOLOGY

    return (
        f"Memories: of one macro model at {TECHNOLOGY.node_nm:g} nm (synth/sram.py), whose area "
        f"other sources put at up to {TECHNOLOGY.area_band[1]:g} times these figures."
    )


def _design(record: "AreaRecord") -> dict[str, object]:
    """What the template needs of one record."""
    return {
        "title": f"{record.design} at {record.period_ns:.2f} ns",
        "modules": module_table(record),
        "memories": memory_table(record) if record.memories else None,
        "notes": _memory_notes(record),
    }


def _memory_notes(record: "AreaRecord") -> list[str]:
    """What the memories add, or why that is not known."""
    if not record.memories:
        return []
    notes = [
        f"{reason}." for reason in dict.fromkeys(m.reason for m in record.memories if m.reason)
    ]
    areas = [memory.area_um2 for memory in record.memories if memory.area_um2 is not None]
    if areas:
        notes.append(f"Memories: {count(sum(areas))} µm², none of it in the area of cells.")
    if record.critical_path_with_memories_ns is not None:
        notes.append(
            f"The longest path is {record.critical_path_with_memories_ns:.2f} ns where data leave "
            "a memory its access time after the clock edge, "
            f"{record.critical_path_ns:.2f} ns where they leave it with the edge."
        )
    return notes


def _hashes(records: Sequence["AreaRecord"]) -> Table:
    first = records[0].liberty
    rows = [(f"library {first['name']}", str(first["sha256"]))]
    rows += dict.fromkeys((f"RTLIL of {each.design}", each.rtlil_sha256) for each in records)
    rows += [
        (f"netlist of {each.design} at {each.period_ns:.2f} ns", each.netlist_sha256)
        for each in records
    ]
    return Table(headers=("what", "SHA-256"), rows=tuple(rows))
