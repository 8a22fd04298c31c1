"""Energy of one multiply-accumulate by weight width, as synthesis measures it: a file of numbers.

{"format": "sigmaquant-cost-table", "version": 1, "array": "edge",
 "fj_per_mac": {"2": 10.5, "8": 40.1}, "method": "how it was measured"}
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sigmaquant.errors import ConfigurationError

Energy = Annotated[float, Field(ge=0)]


class EnergyTable(BaseModel):
    """Femtojoules of one multiply-accumulate on an array, by weight bits."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: Literal["sigmaquant-cost-table"]
    version: Literal[1]
    array: str
    fj_per_mac: dict[int, Energy] = Field(min_length=1)
    method: str

    @classmethod
    def read(cls, path: Path, *, array: str, widths: tuple[int, ...]) -> Self:
        """The table at `path`, which has to be of `array` and to know all `widths`.

        Raises ConfigurationError naming the file and what is wrong with it.
        """
        try:
            table = cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(
                f"{path}: no cost table can be read: {error.strerror}"
            ) from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "content"
            reason = f"{first['msg'][0].lower()}{first['msg'][1:]}"
            raise ConfigurationError(f"{path}: not a cost table: {place}: {reason}") from None
        if table.array != array:
            raise ConfigurationError(
                f"{path}: a cost table of the array {table.array!r}, not of {array!r}"
            )
        missing = [width for width in widths if width not in table.fj_per_mac]
        if missing:
            raise ConfigurationError(
                f"{path}: no energy at {', '.join(map(str, missing))} bits; it has "
                f"{', '.join(map(str, sorted(table.fj_per_mac)))}"
            )
        return table
