"""The designs that can be synthesised, by name: what to build and what it does per cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from amaranth.lib.wiring import Component

from hw.array import DotProductArray
from hw.config import ENGINES, PRESETS, ArrayConfig, EngineConfig
from hw.engine.engine import Engine
from hw.generate import rtlil
from hw.matrix_unit import MatrixUnit
from hw.requantizer import Requantizer
from synth.errors import SynthesisInputError

TOP = "top"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A kind of design. config_type: what configures it. presets: its configurations by name.
    build: the component of one.
    """

    config_type: type[ArrayConfig] | type[EngineConfig]
    presets: Mapping[str, ArrayConfig] | Mapping[str, EngineConfig]
    build: Callable[[Any], Component]


# The array alone is what datapaths are compared by; the requantizers are the same behind each.
# A unit is what the array has at each of its places, without the edges that its operands come from.
BLOCKS: dict[str, Block] = {
    name: Block(config_type=ArrayConfig, presets=PRESETS, build=build)
    for name, build in (
        ("unit", lambda config: config.datapath.unit()),
        ("array", DotProductArray),
        ("requantizer", lambda config: Requantizer(config.accumulator_width)),
        ("matrix_unit", MatrixUnit),
    )
} | {"engine": Block(config_type=EngineConfig, presets=ENGINES, build=Engine)}


@dataclass(frozen=True, kw_only=True)
class Design:
    """One thing to synthesise.

    block: a key of BLOCKS. preset: name of its configuration. configuration: what goes by that
    name, None for the preset of `hw.config`.

    Raises SynthesisInputError for a block, a preset or a kind of configuration that there is not.
    """

    block: str
    preset: str
    configuration: ArrayConfig | EngineConfig | None = None

    def __post_init__(self) -> None:
        if self.block not in BLOCKS:
            raise SynthesisInputError(
                f"design must be one of {', '.join(BLOCKS)}, not {self.block!r}"
            )
        block = BLOCKS[self.block]
        if self.configuration is None and self.preset not in block.presets:
            raise SynthesisInputError(
                f"preset of a design {self.block} must be one of {', '.join(block.presets)}, "
                f"not {self.preset!r}"
            )
        if not isinstance(self.config, block.config_type):
            raise SynthesisInputError(
                f"{self.name} must have an {block.config_type.__name__}, "
                f"not {type(self.config).__name__}"
            )

    @classmethod
    def named(cls, name: str) -> Design:
        """The design of a preset by its `name`, BLOCK-PRESET."""
        block, _, preset = name.partition("-")
        return cls(block=block, preset=preset)

    @property
    def name(self) -> str:
        """Name for files and records."""
        return f"{self.block}-{self.preset}"

    @property
    def config(self) -> ArrayConfig | EngineConfig:
        """The configuration."""
        return self.configuration or BLOCKS[self.block].presets[self.preset]

    @property
    def array(self) -> ArrayConfig:
        """The configuration of the array."""
        config = self.config
        return config.array if isinstance(config, EngineConfig) else config

    def macs_per_cycle(self, width: int) -> float | None:
        """Peak multiply-accumulates per cycle at `width`-bit weights; None where it does none."""
        if self.block == "requantizer":
            return None
        if self.block == "unit":
            return self.array.datapath.macs_per_cycle(width)
        return self.array.macs_per_cycle(width)

    def component(self) -> Component:
        """The hardware."""
        return BLOCKS[self.block].build(self.config)

    def rtlil(self) -> str:
        """RTLIL text, top module TOP; memories are black boxes."""
        return rtlil(self.component(), TOP, macros=True)

    def to_record(self) -> dict[str, Any]:
        """The configuration's fields and values, for records."""
        return asdict(self.config)
