"""What the area command is asked for: designs, clock periods, a library."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from sigmaquant.config import flag, processors
from sigmaquant.errors import ConfigurationError
from sigmaquant.words import split

Value = TypeVar("Value")
Period = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AreaConfiguration(BaseModel):
    """Every field is a flag. Designs are named BLOCK-PRESET (`synth.designs`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    jobs: int = Field(
        default_factory=processors, ge=1, le=64, description="steps computed at the same time"
    )
    build: Path = Field(default=Path("build"), description="folder for results, resumable")

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

    @classmethod
    def load(cls, flags: Mapping[str, Any]) -> Self:
        """Defaults, then `flags` (None means not given); ConfigurationError names a wrong one."""
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            reason = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(f"{flag(str(first['loc'][0]))}: {reason}") from None


def _distinct(what: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(set(values)) != len(values):
        raise ValueError(f"each {what} may be given once")
    return values
