"""What the benchmarks are asked for: their plans decide all but where things are."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from sigmaquant.config import Seed
from sigmaquant.flags import Flags
from sigmaquant.words import split


class _Asked(Flags):
    """Every field is a flag."""

    weights: Path | None = Field(default=None, description="trained weights of ResNet-20")
    data: str | None = Field(
        default=None, description="cifar10:FOLDER with the python version of CIFAR-10"
    )

    def words(self) -> list[str]:
        """Flags of the weights and the data, as far as they are given."""
        given = {"--weights": self.weights, "--data": self.data}
        return [word for name, value in given.items() if value for word in (name, str(value))]


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
