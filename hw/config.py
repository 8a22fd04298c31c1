"""Configurations of the accelerator, validated on construction, and their named presets."""

from dataclasses import dataclass, fields, replace
from typing import Self

from hw.dot_product.interface import Datapath
from hw.dot_product.registry import DATAPATHS
from hw.errors import ConfigError

MAX_SIDE = 256
MAX_LANES = 1024
MIN_ACCUMULATOR_WIDTH = 16
MAX_ACCUMULATOR_WIDTH = 32
MAX_WORDS = 65536


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


# Arrays of one name have the same peak at 8-bit weights, 8, 384 and 1536 MAC a cycle, and as many
# requantizers as far as their shape allows: the INT8 baselines, and the rest of the family. `mac`
# is a single unit with an accumulator of 32 bits, whatever its peak: what published areas compare.
PRESETS: dict[str, ArrayConfig] = {
    "tiny": ArrayConfig(unit="pair_sum2", rows=1, columns=4, lanes=8),
    "edge": ArrayConfig(unit="pair_sum2", rows=2, columns=16, lanes=48, drain_columns=8),
    "wide": ArrayConfig(
        unit="pair_sum2", rows=4, columns=16, lanes=96, accumulator_width=32, drain_columns=8
    ),
    "tiny_int8": ArrayConfig(unit="int8", rows=1, columns=2, lanes=4),
    "tiny_int8_booth": ArrayConfig(unit="int8_booth", rows=1, columns=2, lanes=4),
    "tiny_serial": ArrayConfig(unit="serial", rows=8, columns=8, lanes=1),
    "edge_int8": ArrayConfig(unit="int8", rows=4, columns=4, lanes=24, drain_columns=4),
    "edge_int8_booth": ArrayConfig(unit="int8_booth", rows=4, columns=4, lanes=24, drain_columns=4),
    "edge_int8_pe": ArrayConfig(unit="int8", rows=24, columns=16, lanes=1),
    "edge_pair_sum": ArrayConfig(unit="pair_sum", rows=2, columns=16, lanes=96, drain_columns=8),
    "edge_booth_digit": ArrayConfig(
        unit="booth_digit", rows=2, columns=16, lanes=48, drain_columns=8
    ),
    "edge_bit_plane": ArrayConfig(unit="bit_plane", rows=2, columns=16, lanes=96, drain_columns=8),
    "edge_bricks": ArrayConfig(unit="bricks", rows=2, columns=16, lanes=48, drain_columns=8),
    "mac_serial": ArrayConfig(unit="serial", rows=1, columns=1, lanes=1, accumulator_width=32),
    "mac_int8": ArrayConfig(unit="int8", rows=1, columns=1, lanes=1, accumulator_width=32),
    "mac_int8_booth": ArrayConfig(
        unit="int8_booth", rows=1, columns=1, lanes=1, accumulator_width=32
    ),
    "wide_int8": ArrayConfig(
        unit="int8", rows=8, columns=8, lanes=24, accumulator_width=32, drain_columns=4
    ),
    "wide_int8_booth": ArrayConfig(
        unit="int8_booth", rows=8, columns=8, lanes=24, accumulator_width=32, drain_columns=4
    ),
}


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """An engine: an array and the memories around it.

    array: rows must be a power of two; its datapath must have fixed slots and skip nothing.
    activation_lines: lines of each bank of activation memory, at most 65536.
    weight_words: steps' worth of weights: words of columns * `Datapath.beat_bits` bits.
    parameter_words: drain beats' worth of channel parameters. program_words: 32-bit words.

    Raises ConfigError naming the field.
    """

    array: ArrayConfig
    activation_lines: int
    weight_words: int
    parameter_words: int
    program_words: int

    def __post_init__(self) -> None:
        if self.array.rows & (self.array.rows - 1):
            raise ConfigError(f"an engine's rows must be a power of two, not {self.array.rows}")
        datapath = self.array.datapath
        if datapath.skips or not datapath.fixed_slots:
            raise ConfigError(
                f"an engine's weight memory has the same beats and slots at every width: it cannot "
                f"serve {self.array.unit}"
            )
        if self.array.columns > self.word_bytes or self.word_bytes % self.array.drain_columns:
            raise ConfigError(
                f"an engine's columns ({self.array.columns}) must fit a memory word of "
                f"{self.word_bytes} bytes, and drain_columns ({self.array.drain_columns}) divide it"
            )
        for field in ("activation_lines", "weight_words", "parameter_words", "program_words"):
            _check_integer(field, getattr(self, field), 1, MAX_WORDS)

    def around(self, array: ArrayConfig) -> Self:
        """An engine with memories of as many bytes around another array.

        Raises ConfigError where they cannot be had in that array's words.
        """
        whole = replace(self, array=array)
        return replace(
            whole,
            activation_lines=self.activation_bytes // (whole.banks * whole.line_bytes),
            weight_words=8 * self.weight_bytes // whole.weight_word_bits,
            parameter_words=self.parameter_words * self.array.drain_columns // array.drain_columns,
        )

    @property
    def banks(self) -> int:
        """Banks of activation memory: rows that are neighbours or next neighbours never collide."""
        return 2 * self.array.rows

    @property
    def word_bytes(self) -> int:
        """Bytes of a memory word; a bank reads two neighbouring ones at once, its line.

        The smallest power of two of which two hold the lanes at a third of a lane's offset: 32 for
        48 lanes, a row of a 3x3 window over 16 channels, in one read wherever it begins.
        """
        return max(4, 1 << (-(-2 * self.array.lanes // 3) - 1).bit_length())

    @property
    def line_bytes(self) -> int:
        """Bytes of a line: an even and an odd word."""
        return 2 * self.word_bytes

    @property
    def activation_bytes(self) -> int:
        """Activation memory in all."""
        return self.banks * self.activation_lines * self.line_bytes

    @property
    def weight_word_bits(self) -> int:
        """Bits of a weight word."""
        return self.array.columns * self.array.datapath.beat_bits

    @property
    def weight_bytes(self) -> int:
        """Weight memory in all."""
        return self.weight_words * self.weight_word_bits // 8


_SHIFT_ADD_ENGINES: dict[str, EngineConfig] = {
    "tiny": EngineConfig(
        array=PRESETS["tiny"],
        activation_lines=256,
        weight_words=8192,
        parameter_words=512,
        program_words=512,
    ),
    "edge": EngineConfig(
        array=PRESETS["edge"],
        activation_lines=256,
        weight_words=2048,
        parameter_words=512,
        program_words=2048,
    ),
    "wide": EngineConfig(
        array=PRESETS["wide"],
        activation_lines=512,
        weight_words=4096,
        parameter_words=1024,
        program_words=4096,
    ),
}

# Every engine has its array's name; the rivals have the memories of the one they are held against.
ENGINES: dict[str, EngineConfig] = _SHIFT_ADD_ENGINES | {
    f"{name}_{rival}": engine.around(PRESETS[f"{name}_{rival}"])
    for name, engine in _SHIFT_ADD_ENGINES.items()
    for rival in ("int8", "int8_booth")
}


def engine_preset(name: str) -> EngineConfig:
    """Look an engine preset up by name; raises ConfigError listing the names."""
    if not isinstance(name, str) or name not in ENGINES:
        raise ConfigError(f"engine preset must be one of {', '.join(ENGINES)}, not {name!r}")
    return ENGINES[name]


def preset(name: str) -> ArrayConfig:
    """Look a preset up by name; raises ConfigError listing the names."""
    if not isinstance(name, str) or name not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join(PRESETS)}, not {name!r}")
    return PRESETS[name]
