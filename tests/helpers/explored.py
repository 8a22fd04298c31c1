"""Explorations that never took place: made-up figures to rank, tell and draw."""

from sigmaquant.explore_record import ExploredNetwork, ExploreRecord
from sigmaquant.explore_results import ArrayEnergy, ArrayTiming, ExploredArray
from sigmaquant.provenance import json_sha256
from sigmaquant.results import DesignArea, Liberty

MACS = 1_000_000
PERIOD_NS = 2.0


def array(
    label: str,
    area_um2: float,
    cycles: int,
    energy_nj: float,
    *,
    presets: tuple[str, ...] = (),
    engine_cycles: int | None = 3000,
    error_nj: float = 0.01,
    path_ns: float = 1.5,
) -> ExploredArray:
    """An array at 2 ns whose ideal cycles are 800."""
    unit, _, shape = label.rpartition("-")
    rows, columns, lanes = map(int, shape.split("x"))
    return ExploredArray(
        label=label,
        presets=list(presets),
        area=DesignArea(
            preset=label,
            unit=unit,
            per_mac_cycle_um2={},
            configuration={
                "unit": unit,
                "rows": rows,
                "columns": columns,
                "lanes": lanes,
                "accumulator_width": 24,
            },
            cells=1000,
            area_um2=area_um2,
            sequential_area_um2=area_um2 / 4,
            nand2_equivalents=area_um2,
            critical_path_ns=path_ns,
            period_ns=PERIOD_NS,
            rtlil_sha256=json_sha256(label),
            netlist_sha256=json_sha256(label),
            liberty=Liberty(name="made_up.lib", sha256=json_sha256("liberty")),
            versions={"pyosys": "0.0"},
        ),
        timing=ArrayTiming(
            macs=MACS,
            cycles=cycles,
            ideal_cycles=800.0,
            engine_cycles=engine_cycles,
            no_engine="" if engine_cycles else "rows must be a power of two",
        ),
        energy=ArrayEnergy(
            energy_nj=energy_nj,
            error_nj=error_nj,
            settled_nj=0.8 * energy_nj,
            leakage_nw=5000.0,
            voltage=1.1,
            window_cycles=400,
            method="made up",
            netlist_sha256=json_sha256(label),
        ),
    )


def record(
    *arrays: ExploredArray, left_out: dict[str, str] | None = None, off_peak: int = 3
) -> ExploreRecord:
    """An exploration around `edge`."""
    return ExploreRecord(
        command="sigmaquant explore",
        network=ExploredNetwork(
            name="made-up", sha256=json_sha256("network"), macs={"2": 600_000, "8": 400_000}
        ),
        around="edge",
        peak=384.0,
        energy_cycles=40,
        arrays=list(arrays),
        left_out=left_out or {},
        off_peak=off_peak,
        inputs={"images.npz": json_sha256("images")},
        sources={"hw": json_sha256("hw")},
        versions={"python": "3.11.0"},
    )


# The preset is smallest with one other, fast is faster, int8 is slow and takes most energy.
EDGE = array("pair_sum2-2x16x48", 70_000.0, 1000, 40.0, presets=("edge",))
FAST = array("pair_sum2-4x16x24", 80_000.0, 900, 44.0)
BEATEN = array("booth_digit-2x16x48", 75_000.0, 1000, 50.0, engine_cycles=None)
SLOW = array("int8_booth-4x4x24", 65_000.0, 2500, 60.0, presets=("edge_int8_booth",))
ALL = (EDGE, FAST, BEATEN, SLOW)
