"""What the benchmark is asked for: the plan decides all but where things are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from sigmaquant.config import Seed, flag, processors
from sigmaquant.errors import ConfigurationError
from sigmaquant.words import split


class BenchmarkConfiguration(BaseModel):
    """Every field is a flag."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = Field(default=None, description="trained weights of the network")
    data: str | None = Field(
        default=None, description="cifar10:FOLDER with the python version of CIFAR-10"
    )
    seeds: Annotated[tuple[Seed, ...], BeforeValidator(split)] = Field(
        default=(1, 2, 3),
        min_length=1,
        description="of the plan's seeds those to run, 1 always, comma separated",
    )
    jobs: int = Field(
        default_factory=processors, ge=1, le=64, description="steps computed at the same time"
    )
    build: Path = Field(default=Path("build"), description="folder for results, resumable")

    @field_validator("seeds")
    @classmethod
    def _first_is_there(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if 1 not in seeds or len(set(seeds)) != len(seeds):
            raise ValueError("must hold seed 1, which every comparison has, and none twice")
        return seeds

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
