"""What the commands that are not runs are asked for: the base of models whose fields are flags."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sigmaquant.config import flag, processors
from sigmaquant.errors import ConfigurationError


class Flags(BaseModel):
    """Every field is a flag."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
            # An error of the whole is told of the command's own first field.
            own = [name for name in cls.model_fields if name not in Flags.model_fields]
            place = str(first["loc"][0]) if first["loc"] else own[0]
            raise ConfigurationError(f"{flag(place)}: {reason[0].lower()}{reason[1:]}") from None
