"""Configurations of the accelerator, validated on construction, and their named presets."""

from dataclasses import dataclass, fields

from hw.dot_product.interface import Datapath
from hw.dot_product.registry import DATAPATHS
from hw.errors import ConfigError

MAX_SIDE = 256
MAX_LANES = 1024
MIN_ACCUMULATOR_WIDTH = 16
MAX_ACCUMULATOR_WIDTH = 32


@dataclass(frozen=True, kw_only=True)
class ArrayConfig:
    """A rows x columns array of dot-product units with its requantizers.

    unit: name of the datapath (`hw.dot_product.registry`).
    rows: output positions computed in parallel; they share the weights.
    columns: output channels computed in parallel; they share the activations.
    lanes: elements of the reduction that one unit adds at once.
    accumulator_width: bits of each accumulator; a layer that could exceed it is refused.
    drain_columns: columns requantized per cycle; a tile of results leaves in
    columns / drain_columns cycles, and there are rows * drain_columns requantizers.

    Raises ConfigError naming the field.
    """

    unit: str
    rows: int
    columns: int
    lanes: int
    accumulator_width: int = 24
    drain_columns: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.unit, str) or self.unit not in DATAPATHS:
            raise ConfigError(f"unit must be one of {', '.join(DATAPATHS)}, not {self.unit!r}")
        for field, low, high in (
            ("rows", 1, MAX_SIDE),
            ("columns", 1, MAX_SIDE),
            ("lanes", 1, MAX_LANES),
            ("accumulator_width", MIN_ACCUMULATOR_WIDTH, MAX_ACCUMULATOR_WIDTH),
            ("drain_columns", 1, MAX_SIDE),
        ):
            _check_integer(field, getattr(self, field), low, high)
        if self.columns % self.drain_columns:
            raise ConfigError(
                f"drain_columns must divide columns ({self.columns}), not {self.drain_columns}"
            )
        _ = self.datapath

    @property
    def datapath(self) -> Datapath:
        """The dot-product datapath at this configuration's lanes and accumulator width."""
        return DATAPATHS[self.unit](lanes=self.lanes, accumulator_width=self.accumulator_width)

    @property
    def units(self) -> int:
        """Dot-product units in the array."""
        return self.rows * self.columns

    @property
    def drain_beats(self) -> int:
        """Cycles that one tile of results takes to leave the array."""
        return self.columns // self.drain_columns

    def macs_per_cycle(self, width: int) -> float:
        """Peak multiply-accumulates per cycle at `width`-bit weights."""
        return self.units * self.datapath.macs_per_cycle(width)

    def to_dict(self) -> dict[str, int | str]:
        """Field names and values, for records."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _check_integer(field: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{field} must be an integer in {low}..{high}, not {value!r}")


# An array and its INT8 baselines have the same peak at 8-bit weights: 256 MAC a cycle for `edge`.
PRESETS: dict[str, ArrayConfig] = {
    "tiny": ArrayConfig(unit="pair_sum", rows=1, columns=4, lanes=8),
    "edge": ArrayConfig(unit="pair_sum", rows=4, columns=16, lanes=32, drain_columns=2),
    "wide": ArrayConfig(
        unit="pair_sum", rows=8, columns=32, lanes=32, accumulator_width=32, drain_columns=4
    ),
    "tiny_int8": ArrayConfig(unit="int8", rows=1, columns=1, lanes=4),
    "edge_int8": ArrayConfig(unit="int8", rows=4, columns=4, lanes=16, drain_columns=2),
    "edge_int8_booth": ArrayConfig(unit="int8_booth", rows=4, columns=4, lanes=16, drain_columns=2),
    "wide_int8": ArrayConfig(
        unit="int8", rows=8, columns=8, lanes=16, accumulator_width=32, drain_columns=4
    ),
}


def preset(name: str) -> ArrayConfig:
    """Look a preset up by name; raises ConfigError listing the names."""
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join(PRESETS)}, not {name!r}")
    return PRESETS[name]
