"""build/explore.json: every array of an exploration, what is best of them, and what made them."""

from math import prod
from pathlib import Path
from typing import Self

from pydantic import ValidationError, computed_field, model_validator

from sigmaquant import explore_front
from sigmaquant.errors import StoreError
from sigmaquant.explore_results import Costs, ExploredArray
from sigmaquant.record import Record
from sigmaquant.tables import Table, count, percent

FILE = "explore.json"


def figure(value: float) -> str:
    """Three digits, or all before the point."""
    return count(value) if abs(value) >= 100 else f"{value:.3g}"


class ExploredNetwork(Record):
    """The network that was run. macs: of one image, by weight bits; sha256: of its manifest."""

    name: str
    sha256: str
    macs: dict[str, int]

    @property
    def total(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(self.macs.values())

    @property
    def widths(self) -> str:
        """What share of them is at which width, in words."""
        shares = ((bits, each / self.total) for bits, each in self.macs.items())
        return ", ".join(f"{percent(share)} at {bits} bits" for bits, share in shares)


class ExploreRecord(Record):
    """A design space.

    around: the preset that the others are held against. peak: multiply-accumulates a cycle at
    8 bits of all. left_out: arrays that were asked for, by label, and why they are not here.
    off_peak: combinations with another peak.
    """

    command: str
    network: ExploredNetwork
    around: str
    peak: float
    energy_cycles: int
    arrays: list[ExploredArray]
    left_out: dict[str, str]
    off_peak: int
    inputs: dict[str, str]
    sources: dict[str, str]
    versions: dict[str, str]

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if not self.arrays:
            raise ValueError("an exploration has at least one array")
        conditions = {(each.area.liberty.sha256, each.area.period_ns) for each in self.arrays}
        if len(conditions) > 1:
            raise ValueError("arrays of different libraries or clock periods do not compare")
        return self

    @classmethod
    def read(cls, build: Path) -> Self:
        """The record of the last exploration in `build`; StoreError where there is no sound one."""
        path = build / FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise StoreError(
                f"{path}: nothing was explored here; run: sigmaquant explore"
            ) from None
        except ValidationError:
            raise StoreError(
                f"{path}: damaged; run `sigmaquant explore` again, finished steps are kept"
            ) from None

    @property
    def points(self) -> dict[str, Costs]:
        """Area, time on the array and energy of every array, by label."""
        return {each.label: each.costs for each in self.arrays}

    @property
    def engine_points(self) -> dict[str, Costs]:
        """The same with the time on the whole engine, of the arrays that have one."""
        found = ((each.label, each.engine_costs) for each in self.arrays)
        return {label: costs for label, costs in found if costs is not None}

    @computed_field
    @property
    def optimal(self) -> list[str]:
        """Labels of the arrays that none beats in area, time and energy."""
        return explore_front.front(self.points)

    @computed_field
    @property
    def winner(self) -> str:
        """Label of the array with the least area x time x energy."""
        return explore_front.winner(self.points)

    @property
    def named(self) -> ExploredArray | None:
        """The array that the others are held against, where the network runs on it."""
        return next((each for each in self.arrays if self.around in each.presets), None)

    @property
    def reference(self) -> ExploredArray:
        """What ratios refer to: that array, or else the winner."""
        return self.named or self.of(self.winner)

    def of(self, label: str) -> ExploredArray:
        """The array of that label."""
        return next(each for each in self.arrays if each.label == label)

    def name(self, label: str) -> str:
        """The array as it is shown: by its preset, or else its unit, and its shape."""
        unit, _, shape = label.rpartition("-")
        return f"{', '.join(self.of(label).presets) or unit} {shape}"

    def ranked(self) -> list[ExploredArray]:
        """By rising area x time x energy."""
        return sorted(self.arrays, key=lambda each: prod(each.costs))

    def table(self) -> Table:
        """One row per array, the best product first; products as shares of the reference's."""
        base = self.reference
        rows = tuple(
            (
                self.name(each.label),
                count(each.area.area_um2),
                figure(each.time_us),
                figure(each.energy.energy_nj),
                percent(each.area_time / base.area_time),
                percent(each.energy_delay / base.energy_delay),
                percent(prod(each.costs) / prod(base.costs)),
                "yes" if each.label in self.optimal else "",
            )
            for each in self.ranked()
        )
        headers = ("array", "µm²", "µs", "nJ", "area x µs", "nJ x µs", "product", "front")
        return Table(headers=headers, rows=rows)

    def details(self) -> Table:
        """One row per array, in the same order: what the figures of `table` are made of."""
        rows = tuple(
            (
                self.name(each.label),
                count(each.area.cells),
                f"{each.um2_per_mac_cycle:,.1f}",
                f"{each.clock_ns:.2f}",
                count(each.timing.cycles),
                percent(each.utilisation),
                figure(each.energy.error_nj),
                figure(each.energy.settled_nj),
                figure(each.leakage_nj),
                count(each.timing.engine_cycles) if each.timing.engine_cycles else "none",
                "" if each.engine_us is None else figure(each.engine_us),
                each.area.netlist_sha256[:12],
            )
            for each in self.ranked()
        )
        headers = (
            "array",
            "cells",
            "µm² per MAC/cycle",
            "clock, ns",
            "cycles",
            "used",
            "error, nJ",
            "no glitches, nJ",
            "leakage, nJ",
            "engine, cycles",
            "engine, µs",
            "netlist",
        )
        return Table(headers=headers, rows=rows)
