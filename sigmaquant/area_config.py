"""What the area command is asked for: designs, clock periods, a library."""

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, field_validator

from sigmaquant.flags import Flags
from sigmaquant.words import split

Value = TypeVar("Value")
Period = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AreaConfiguration(Flags):
    """Every field is a flag. Designs are named BLOCK-PRESET (`synth.designs`)."""

    designs: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=("array-edge", "array-edge_int8_booth"),
        min_length=1,
        description="BLOCK-PRESET, comma separated; blocks are unit, array, requantizer, "
        "matrix_unit and engine, presets those of hw/config.py",
    )
    periods: Annotated[tuple[Period, ...], BeforeValidator(split)] = Field(
        default=(),
        description="clock periods to meet in ns, comma separated; several give the area-delay "
        "curve (default: the library's own, 32 carry delays)",
    )
    liberty: Path | None = Field(
        default=None, description="liberty file for synthesis (default: osu018, fetched once)"
    )

    @field_validator("designs")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from synth.designs import Design

        for name in names:
            Design.named(name)
        return _distinct("design", names)

    @field_validator("periods")
    @classmethod
    def _are_distinct(cls, periods: tuple[float, ...]) -> tuple[float, ...]:
        return _distinct("period", periods)


def _distinct(what: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(set(values)) != len(values):
        raise ValueError(f"each {what} may be given once")
    return values
