"""What can be put on an FPGA, by name: arrays alone and whole engines."""

from dataclasses import asdict, dataclass
from typing import Any

from amaranth.lib.wiring import Component

from hw.array import DotProductArray
from hw.config import ArrayConfig, EngineConfig, engine_preset, preset
from hw.engine.engine import Engine
from synth.errors import SynthesisInputError

BLOCKS = ("array", "engine")


@dataclass(frozen=True, kw_only=True)
class FpgaDesign:
    """An array, or the engine around it with its memories.

    block: of BLOCKS. preset: name of its configuration in `hw.config`.
    """

    block: str
    preset: str

    def __post_init__(self) -> None:
        if self.block not in BLOCKS:
            raise SynthesisInputError(
                f"design must be one of {', '.join(BLOCKS)}, not {self.block!r}"
            )
        _ = self.config

    @property
    def name(self) -> str:
        """Name for files and records."""
        return f"{self.block}-{self.preset}"

    @property
    def config(self) -> ArrayConfig | EngineConfig:
        """The configuration; raises ConfigError for a preset that is none."""
        return engine_preset(self.preset) if self.block == "engine" else preset(self.preset)

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration as JSON values."""
        return asdict(self.config)

    def component(self) -> Component:
        """The hardware."""
        config = self.config
        return Engine(config) if isinstance(config, EngineConfig) else DotProductArray(config)
