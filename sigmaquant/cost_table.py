"""What an array costs by weight width, as synthesis measures it: a file that budgets read.

{"format": "sigmaquant-cost-table", "version": 1, "array": "edge",
 "fj_per_mac": {"2": 10.5, "8": 40.1}, "method": "how it was measured"}
and whatever else is known of the array; a file made by hand needs no more than these.
"""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw.config import preset
from sigmaquant.energy_results import EnergyResult
from sigmaquant.errors import ConfigurationError
from sigmaquant.results import DesignArea
from sigmaquant.store import write_atomically

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


def write(design: DesignArea, energy: EnergyResult, build: Path) -> Path:
    """Write the costs of `design` into `build`; returns the file.

    `--cost-table` takes it. Areas in um2, energies in fJ with
    glitches and without leakage, which is in nW; cycles per multiply-accumulate at full lanes.
    """
    array = preset(design.preset)
    table = {
        "format": "sigmaquant-cost-table",
        "version": 1,
        "array": design.preset,
        "configuration": design.configuration,
        "area_um2": design.area_um2,
        "period_ns": design.period_ns,
        "leakage_nw": energy.leakage_nw,
        "voltage": energy.voltage,
        "cycles_per_mac": {
            width: 1 / array.macs_per_cycle(int(width)) for width in energy.fj_per_mac
        },
        "fj_per_mac": energy.fj_per_mac,
        "fj_per_mac_error": energy.fj_per_mac_error,
        "method": energy.method,
        "liberty": design.liberty.model_dump(),
        "netlist_sha256": design.netlist_sha256,
    }
    path = build / f"cost-table-{design.preset}.json"
    write_atomically(path, json.dumps(table, indent=1) + "\n")
    return path
