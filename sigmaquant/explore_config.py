"""What an exploration is asked for: shapes and units of arrays, and the network that they run."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from hw.config import MAX_LANES, MAX_SIDE, preset
from hw.dot_product.registry import DATAPATHS
from sigmaquant.config import Configuration
from sigmaquant.words import split

Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Lanes = Annotated[int, Field(ge=1, le=MAX_LANES)]
# Fields of a run's configuration that an exploration has no use for.
WITHOUT = ("baseline", "simulator", "images")


class ExploreConfiguration(Configuration):
    """The configuration of a run, with the arrays to try.

    The grid is every combination of units, rows, columns and lanes. Of it, and of the presets,
    arrays with another peak are left out: at equal peak, what differs is how it is had.
    """

    array: str = Field(
        default="edge",
        description="engine preset to hold the others against: peak, requantizers and memories "
        "are its own",
    )
    units: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=("pair_sum2",),
        min_length=1,
        description=f"of {', '.join(DATAPATHS)}, comma separated",
    )
    rows: Annotated[tuple[Side, ...], BeforeValidator(split)] = Field(
        default=(1, 2, 4, 8), min_length=1, description="rows to try, comma separated"
    )
    columns: Annotated[tuple[Side, ...], BeforeValidator(split)] = Field(
        default=(4, 8, 16, 32), min_length=1, description="columns to try, comma separated"
    )
    lanes: Annotated[tuple[Lanes, ...], BeforeValidator(split)] = Field(
        default=(24, 48, 96), min_length=1, description="lanes to try, comma separated"
    )
    presets: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=("edge_pair_sum", "edge_booth_digit", "edge_bit_plane", "edge_int8_booth"),
        description="presets of hw/config.py to try too, comma separated",
    )
    peak: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="multiply-accumulates a cycle at 8-bit weights that an array has to have "
        "(default: those of --array)",
    )
    network_folder: Path | None = Field(
        default=None,
        description="integer network to run, as allocate leaves it in build/networks; its images "
        "are those of --data (default: the first seed's, allocated first)",
    )
    energy_cycles: int = Field(
        default=40, ge=1, description="steps simulated of each layer, gate by gate, for its energy"
    )

    @field_validator("units")
    @classmethod
    def _are_units(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in DATAPATHS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(DATAPATHS)}")
        return names

    @field_validator("presets")
    @classmethod
    def _are_presets(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            preset(name)
        return names

    @field_validator("units", "rows", "columns", "lanes", "presets")
    @classmethod
    def _none_twice(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(values)) != len(values):
            raise ValueError("each may be given once")
        return values

    @property
    def common_peak(self) -> float:
        """Multiply-accumulates a cycle at 8-bit weights of all arrays."""
        return self.peak or preset(self.array).macs_per_cycle(8)
