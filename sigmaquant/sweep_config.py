"""What a sweep is asked for: a cost, its limits, the methods and the seeds."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sigmaquant import methods
from sigmaquant.config import Configuration, flag
from sigmaquant.words import split

SIZE = "size_ratio"
Limit = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# Fields of a run's configuration that a sweep has no use for.
WITHOUT = ("mode", "baseline", "simulator", "images", "liberty")
_SIZES = (0.25, 0.3125, 0.4)
# Integers on the command line, as their budgets are.
_COUNTED = ("cycles", "weight_bytes")


class SweepConfiguration(Configuration):
    """The configuration of a run, with several limits of one cost and several methods."""

    sizes: Annotated[tuple[Limit, ...], BeforeValidator(split)] = Field(
        default=(),
        description="weight sizes, as fractions of the INT8 network, comma separated (default: "
        f"{','.join(map(str, _SIZES))} without --over)",
    )
    over: Literal["cycles", "bops", "weight_bytes", "energy_nj"] | None = Field(
        default=None, description="another cost instead of the size: cycles, bops, weight_bytes or "
        "energy_nj, with --limits",
    )  # fmt: skip
    limits: Annotated[tuple[Limit, ...], BeforeValidator(split)] = Field(
        default=(), description="budgets of the cost of --over, comma separated"
    )
    methods: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=(methods.SIGMAQUANT, methods.UNIFORM),
        min_length=1,
        description=f"of {', '.join(methods.METHODS)}, comma separated",
    )

    @field_validator("methods")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return methods.check(names)

    @model_validator(mode="after")
    def _one_cost(self) -> Self:
        if self.over and (self.sizes or not self.limits):
            raise ValueError(f"--over {self.over} takes --limits, and no --sizes")
        if self.limits and not self.over:
            raise ValueError("--limits are those of a cost: name it with --over")
        if getattr(self, self.axis) is not None:
            raise ValueError(f"the sweep is over {flag(self.axis)}: leave the flag itself out")
        if any(limit > 1 for limit in self.sizes):
            raise ValueError("--sizes are fractions of INT8, at most 1")
        if any(limit % 1 for limit in self.limits) and self.axis in _COUNTED:
            raise ValueError(f"--limits of {self.axis} are whole numbers")
        return self

    @property
    def axis(self) -> str:
        """The field of the cost that is swept."""
        return self.over or SIZE

    def points(self) -> Iterator[tuple[str, int, float, Configuration]]:
        """Every point: method, seed, limit, and the configuration with that limit alone.

        A uniform method has a size of its own; its limit, the largest, is without effect.
        """
        limits = self.limits if self.over else self.sizes or _SIZES
        for seed in self.seeds:
            for method in self.methods:
                if method == methods.UNIFORM:
                    for bits in self.widths:
                        last = max(limits)
                        yield methods.uniform(bits), seed, last, self._within(last)
                else:
                    for limit in limits:
                        yield method, seed, limit, self._within(limit)

    def _within(self, limit: float) -> Configuration:
        values: dict[str, Any] = {name: getattr(self, name) for name in Configuration.model_fields}
        given = int(limit) if self.axis in _COUNTED else limit
        return Configuration.model_validate(values | {self.axis: given})
