"""Area tables in Markdown, from records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synth.errors import SynthesisInputError
from synth.record import AreaRecord

METHOD = (
    "Post-synthesis standard-cell area, no layout and no memories; every design through the same "
    "flow at the same clock period"
)


def comparison(records: Sequence[AreaRecord], mix: Mapping[int, int] | None = None) -> str:
    """One row per array: area, and area per multiply-accumulate per cycle at each weight width.

    mix: multiply-accumulates at each weight width of a network, for the last column.
    Raises SynthesisInputError for records of different libraries or clock periods: these do not
    compare.
    """
    if len({(record.liberty["sha256"], record.period_ns) for record in records}) != 1:
        raise SynthesisInputError(
            "records of different libraries or clock periods do not compare: synthesise all "
            "designs with the same LIBERTY and period"
        )
    first = records[0]
    figures = [record.area_per_mac_cycle(mix) for record in records]
    columns = list(figures[0])
    header = [
        "design",
        "um2",
        "NAND2 eq.",
        "ns",
        *(f"um2 per MAC/cycle, {'mix' if name == 'mix' else f'{name} bits'}" for name in columns),
    ]
    rows = [
        [
            record.design,
            f"{record.area_um2:,.0f}",
            f"{record.nand2_equivalents:,.0f}",
            f"{record.critical_path_ns:.2f}",
            *(f"{figure[name]:.1f}" for name in columns),
        ]
        for record, figure in zip(records, figures, strict=True)
    ]
    tools = ", ".join(f"{name} {version}" for name, version in first.versions.items())
    note = (
        f"{METHOD} ({first.period_ns:.2f} ns). Library {first.liberty['name']}, sha256 "
        f"{str(first.liberty['sha256'])[:12]}. {tools}."
    )
    return "\n".join([_table([header, *rows]), "", note])


def parts(record: AreaRecord) -> str:
    """One row per module of a design: instances, area of all of them, share, how it was built."""
    rows = [
        [
            part.name,
            str(part.instances),
            f"{part.area_um2 * part.instances:,.0f}",
            f"{100 * part.area_um2 * part.instances / record.area_um2:.1f} %",
            part.variant,
        ]
        for part in sorted(record.parts, key=lambda part: -part.area_um2 * part.instances)
    ]
    return _table([["module", "instances", "um2", "share", "built as"], *rows])


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]])
