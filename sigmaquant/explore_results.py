"""Results of an exploration's steps, and what they say of one array together."""

from typing import Self

from pydantic import computed_field, model_validator

from sigmaquant.record import Record
from sigmaquant.results import DesignArea

Costs = tuple[float, float, float]
# What the three costs are, in their order.
COSTS = ("area", "time", "energy")


class ArrayTiming(Record):
    """Cycles of one image.

    cycles: of the array alone, fetch and fill left out. ideal_cycles: at the array's peak at each
    layer's width. engine_cycles: of a whole engine around it; None, and no_engine says why.
    """

    macs: int
    cycles: int
    ideal_cycles: float
    engine_cycles: int | None
    no_engine: str


class ArrayEnergy(Record):
    """Energy of one image in the array while it computes, nJ, glitches included.

    error_nj: standard error over the tiles simulated. settled_nj: without glitches. leakage_nw: a
    power, apart. window_cycles: steps simulated.
    """

    energy_nj: float
    error_nj: float
    settled_nj: float
    leakage_nw: float
    voltage: float
    window_cycles: int
    method: str
    netlist_sha256: str


class ExploredArray(Record):
    """One array with its area, its cycles and its energy.

    presets: names that `hw.config` has for it.
    """

    label: str
    presets: list[str]
    area: DesignArea
    timing: ArrayTiming
    energy: ArrayEnergy

    @model_validator(mode="after")
    def _one_netlist(self) -> Self:
        if self.area.netlist_sha256 != self.energy.netlist_sha256:
            raise ValueError(f"{self.label}: area and energy are of different netlists")
        return self

    @computed_field
    @property
    def clock_ns(self) -> float:
        """The period asked for, or the longest path where that is longer."""
        return max(self.area.period_ns, self.area.critical_path_ns)

    @computed_field
    @property
    def utilisation(self) -> float:
        """The share of the array's peak that one image uses, 0..1."""
        return self.timing.ideal_cycles / self.timing.cycles

    @computed_field
    @property
    def um2_per_mac_cycle(self) -> float:
        """Area over peak multiply-accumulates a cycle at the network's own widths."""
        return self.area.area_um2 * self.timing.ideal_cycles / self.timing.macs

    @computed_field
    @property
    def time_us(self) -> float:
        """One image on the array."""
        return self.timing.cycles * self.clock_ns / 1000

    @computed_field
    @property
    def engine_us(self) -> float | None:
        """One image on the whole engine at the same clock; None without an engine."""
        cycles = self.timing.engine_cycles
        return None if cycles is None else cycles * self.clock_ns / 1000

    @computed_field
    @property
    def leakage_nj(self) -> float:
        """What leaks during one image, not part of `energy_nj`."""
        return self.energy.leakage_nw * self.time_us * 1e-6

    @computed_field
    @property
    def area_time(self) -> float:
        """um2 us."""
        return self.area.area_um2 * self.time_us

    @computed_field
    @property
    def energy_delay(self) -> float:
        """nJ us."""
        return self.energy.energy_nj * self.time_us

    @property
    def costs(self) -> Costs:
        """COSTS: um2, us of one image on the array, nJ of one image."""
        return self.area.area_um2, self.time_us, self.energy.energy_nj

    @property
    def engine_costs(self) -> Costs | None:
        """The same with the time on the whole engine; None without one."""
        time = self.engine_us
        return None if time is None else (self.area.area_um2, time, self.energy.energy_nj)
