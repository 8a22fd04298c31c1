"""The tables of the fpga command."""

from collections.abc import Sequence

from sigmaquant.console import Console
from sigmaquant.fpga_results import FpgaResult
from sigmaquant.tables import Table, count, percent
from synth.fpga.record import FpgaRecord

WIDTHS = ("8", "6", "4", "2")
# What is most of a device, of the parts that a design may run out of.
_PARTS = ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D", "ICESTORM_LC", "ICESTORM_RAM")


def show(results: Sequence[FpgaResult], console: Console) -> None:
    """Both tables, and a note for each design that does not fit and each memory in logic."""
    records = [result.record for result in results if result.record]
    if records:
        console.table(resources(records), "On FPGAs, after place and route")
        arrays = [record for record in records if record.design.startswith("array")]
        if arrays:
            console.table(rates(arrays), "LUTs per MAC per cycle, and peak GMAC/s at Fmax")
    for result in results:
        if result.record is None:
            console.note(result.reason)
    for record in records:
        for name, cell in memories_in_logic(record).items():
            console.note(f"{record.design} on {record.device}: memory {name} is in {cell}")


def resources(records: Sequence[FpgaRecord]) -> Table:
    """One row per design: its own LUTs, flip-flops and blocks, and the clock.

    `full` is the share that design and wrapper use of what they use most of.
    """
    rows = tuple(
        (
            record.design,
            record.device,
            count(record.luts),
            count(record.flip_flops),
            count(record.block_rams),
            count(record.dsps),
            f"{record.fmax_mhz:.1f}",
            percent(_full(record), 0),
        )
        for record in records
    )
    headers = ("design", "device", "LUTs", "flip-flops", "RAMs", "DSPs", "Fmax MHz", "full")
    return Table(headers=headers, rows=rows)


def rates(records: Sequence[FpgaRecord]) -> Table:
    """One row per array: LUTs over MACs a cycle, and MACs a cycle times Fmax, by weight width."""
    rows = tuple(
        (
            record.design,
            record.device,
            *(f"{record.luts_per_mac_cycle()[bits]:,.1f}" for bits in WIDTHS),
            *(
                f"{record.macs_per_cycle[bits] * record.fmax_mhz / 1000:,.2f}"
                for bits in (WIDTHS[0], WIDTHS[-1])
            ),
        )
        for record in records
    )
    widths = (f"{bits} bits" for bits in WIDTHS)
    return Table(
        headers=("design", "device", *widths, "GMAC/s at 8", "at 2"),
        rows=rows,
    )


def memories_in_logic(record: FpgaRecord) -> dict[str, str]:
    """Memories that are not in block RAM, by name: what they are in."""
    blocks = ("16KD", "ICE40_RAM4K")
    return {name: cell for name, cell in record.memories.items() if not cell.endswith(blocks)}


def _full(record: FpgaRecord) -> float:
    shares = (record.utilization[part] for part in _PARTS if part in record.utilization)
    return max(used / available for used, available in shares)
