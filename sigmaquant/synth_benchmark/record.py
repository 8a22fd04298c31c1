"""benchmarks/synth.json: the figures of the comparison, as validated records.

Areas in um2 of standard cells, energies in fJ of one multiply-accumulate or nJ of one image, both
of the array without wires and clock tree; keys of widths are weight bits, and `mix`.
"""

from typing import Any

from pydantic import Field, JsonValue

from sigmaquant import benchmark
from sigmaquant.record import Record

NAME = "synth"
MIX = "mix"


class DesignFigures(Record):
    """One mapped array.

    period_ns: of the clock that it can have: what was asked for, or its longest path where that is
    longer. area_per_mac_cycle: area over peak multiply-accumulates per cycle, or over those
    measured where the array skips zero bits. energy_fj_per_mac:
    glitches included, leakage apart; settled without glitches, error the standard error over the
    tiles. cycles_per_mac: measured on the layers, what it skips and what it lacks included.
    Energies are empty where none was measured.
    """

    unit: str
    configuration: dict[str, JsonValue]
    area_um2: float
    sequential_area_um2: float
    nand2_equivalents: float
    cells: int
    critical_path_ns: float
    period_ns: float
    area_per_mac_cycle: dict[str, float]
    energy_fj_per_mac: dict[str, float]
    settled_fj_per_mac: dict[str, float]
    energy_error_fj_per_mac: dict[str, float]
    cycles_per_mac: dict[str, float]
    leakage_nw: float | None
    netlist_sha256: str


class InferenceFigures(Record):
    """One image of a network on an array.

    cycles: of the whole engine where `engine`, else of the array alone. steps: of these the ones in
    which the array takes weights. active_nj: in them; idle_nj: the clock in the others; leakage_nj
    over all the time; array_nj is their sum. memory_nj: accesses to each memory, memory_leakage_nj
    of all, both by the model's least figures. None where it was not measured.
    """

    engine: bool
    cycles: int
    steps: int
    time_us: float
    area_time_um2_us: float
    active_nj: float | None = None
    active_error_nj: float | None = None
    idle_nj: float | None = None
    leakage_nj: float | None = None
    array_nj: float | None = None
    energy_delay_nj_us: float | None = None
    memory_nj: dict[str, float] | None = None
    memory_leakage_nj: float | None = None
    memory_area_um2: float | None = None


class CurvePoint(Record):
    """An array mapped for one clock period, and the longest path that it came to."""

    design: str
    period_ns: float
    critical_path_ns: float
    area_um2: float

    @property
    def meets_period(self) -> bool:
        """Whether the path fits the period."""
        return self.critical_path_ns <= self.period_ns


class LibraryFigures(Record):
    """All that was measured with one library. inference: by network and array.

    curve: of the main library, arrays by the clock that they were mapped for.
    """

    sha256: str
    voltage: float
    asked_period_ns: float
    designs: dict[str, DesignFigures]
    inference: dict[str, dict[str, InferenceFigures]]
    ratios: dict[str, float]
    curve: list[CurvePoint] = Field(default_factory=list)


class NetworkFigures(Record):
    """A network that was measured: its name as exported, and its MACs by weight bits."""

    network: str
    macs: dict[str, int]

    @property
    def mean_bits(self) -> float:
        """Weight bits, mean over the multiply-accumulates."""
        total = sum(self.macs.values())
        return sum(int(bits) * macs for bits, macs in self.macs.items()) / total


class Bar(Record):
    """A ratio of `limit` at most; None where it was not measured, which is not met."""

    name: str
    limit: float
    value: float | None
    met: bool


class Figures(Record):
    """Everything the page says. libraries: the main one first. layers: measured at uniform widths.

    minutes: all steps together, run one after the other.
    """

    libraries: dict[str, LibraryFigures]
    networks: dict[str, NetworkFigures]
    mix: dict[str, float]
    layers: list[str]
    bars: list[Bar]
    memory_band: tuple[float, float]
    method: str
    minutes: float

    @property
    def main(self) -> LibraryFigures:
        """The library that the demands are made with."""
        return next(iter(self.libraries.values()))


def read() -> tuple[dict[str, Any], Figures]:
    """The record and its figures; StoreError where it is missing or of another version."""
    return benchmark.read_figures(NAME, Figures, "make benchmark PLAN=synth")
