"""What the benchmarks are asked for: their plans decide all but where things are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from sigmaquant.config import Seed, flag, processors
from sigmaquant.errors import ConfigurationError
from sigmaquant.words import split


class _Asked(BaseModel):
    """Every field is a flag."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = Field(default=None, description="trained weights of ResNet-20")
    data: str | None = Field(
        default=None, description="cifar10:FOLDER with the python version of CIFAR-10"
    )
    jobs: int = Field(
        default_factory=processors, ge=1, le=64, description="steps computed at the same time"
    )
    build: Path = Field(default=Path("build"), description="folder for results, resumable")

    @classmethod
    def load(cls, flags: Mapping[str, Any]) -> Self:
        """Defaults, then `flags` (None means not given); ConfigurationError names a wrong one."""
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            reason = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(
                f"{flag(str(first['loc'][0]))}: {first['input']!r}: {reason[0].lower()}{reason[1:]}"
            ) from None


class BenchmarkConfiguration(_Asked):
    """The methods' benchmark on ResNet-20."""

    seeds: Annotated[tuple[Seed, ...], BeforeValidator(split)] = Field(
        default=(1, 2, 3),
        min_length=1,
        description="of the plan's seeds those to run, 1 always, comma separated",
    )

    @field_validator("seeds")
    @classmethod
    def _first_is_there(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if 1 not in seeds or len(set(seeds)) != len(seeds):
            raise ValueError("must hold seed 1, which every comparison has, and none twice")
        return seeds


class SynthBenchmarkConfiguration(_Asked):
    """The comparison of arrays."""

    liberty: Path | None = Field(
        default=None,
        description="cell library to compare with, the default one then being the second; without "
        "it, the default library alone",
    )
