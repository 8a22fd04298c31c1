"""Tables of area records, for the terminal and the page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sigmaquant.tables import Table, count, percent, width_label

if TYPE_CHECKING:
    from synth.record import AreaRecord

UNKNOWN = "\N{EN DASH}"
_WIDTHS = ("8", "4", "2")
UNITS = (
    "Period and longest path in ns, the path through memories where their access time is known; by "
    "weight bits µm² per MAC/cycle at peak."
)


def comparison(records: Sequence["AreaRecord"]) -> Table:
    """One row per design and period; `UNITS` says what is in its columns."""
    rates = tuple(width_label(width) for width in _WIDTHS)
    headers = ("design", "period", "path", "memories", "met", "µm²", "NAND2", "registers", *rates)
    return Table(headers=headers, rows=tuple(_row(record) for record in records))


def _row(record: "AreaRecord") -> tuple[str, ...]:
    figures, through = record.area_per_mac_cycle(), record.critical_path_with_memories_ns
    return (
        record.design,
        f"{record.period_ns:.2f}",
        f"{record.critical_path_ns:.2f}",
        "" if through is None else f"{through:.2f}",
        "yes" if record.meets_period else "NO",
        count(record.area_um2),
        count(record.nand2_equivalents),
        percent(record.sequential_area_um2 / record.area_um2, 0),
        *(f"{figures[width]:,.1f}" if figures else "" for width in _WIDTHS),
    )


def _path(record: "AreaRecord") -> str:
    """The longest path, and the one through the memories where their access time is known."""
    through = record.critical_path_with_memories_ns
    path = f"{record.critical_path_ns:.2f}"
    return path if through is None else f"{path}, with memories {through:.2f}"


def missed(records: Sequence["AreaRecord"]) -> list[str]:
    """One line for every design that misses its period: between what its path runs."""
    return [
        f"{record.design} misses {record.period_ns:.2f} ns: its longest path takes "
        f"{_path(record)} ns, from {record.path_start} to {record.path_end}"
        for record in records
        if not record.meets_period
    ]


def module_table(record: "AreaRecord") -> Table:
    """One row per module, largest first: um2 of all its instances, combinational and sequential."""
    parts = sorted(record.parts, key=lambda part: -part.area_um2 * part.instances)
    rows = [
        (
            part.name,
            str(part.instances),
            count(part.instances * (part.area_um2 - part.sequential_area_um2)),
            count(part.instances * part.sequential_area_um2),
            percent(part.instances * part.area_um2 / record.area_um2),
            part.variant,
        )
        for part in parts
    ]
    share = percent(record.buffer_area_um2 / record.area_um2)
    rows.append(("buffers between modules", "", count(record.buffer_area_um2), "0", share, ""))
    headers = ("module", "instances", "combinational, µm²", "sequential, µm²", "share", "built as")
    return Table(headers=headers, rows=tuple(rows))


def memory_table(record: "AreaRecord") -> Table:
    """One row per kind of memory; what no model gives is a dash."""
    rows = tuple(
        (
            memory.name,
            str(memory.count),
            count(memory.words),
            count(memory.bits),
            UNKNOWN if memory.area_um2 is None else count(memory.area_um2),
            UNKNOWN if memory.access_ns is None else f"{memory.access_ns:.2f}",
        )
        for memory in record.memories
    )
    return Table(headers=("memory", "number", "words", "bits", "µm², all", "access, ns"), rows=rows)
