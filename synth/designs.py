"""The designs that can be synthesised, by name: what to build and what it does per cycle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amaranth.lib.wiring import Component

from hw.array import DotProductArray
from hw.config import ArrayConfig, preset
from hw.generate import rtlil
from hw.matrix_unit import MatrixUnit
from hw.requantizer import Requantizer
from synth.errors import SynthesisInputError

TOP = "top"


@dataclass(frozen=True, kw_only=True)
class Design:
    """One thing to synthesise.

    block: a key of BLOCKS. preset: name of its configuration. configuration: what goes by that
    name, None for the preset of `hw.config`.
    """

    block: str
    preset: str
    configuration: ArrayConfig | None = None

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
    def config(self) -> ArrayConfig:
        """The configuration."""
        return self.configuration or preset(self.preset)

    def rtlil(self) -> str:
        """RTLIL text, top module TOP."""
        return rtlil(BLOCKS[self.block](self.config), TOP)


# The array alone is what datapaths are compared by; the requantizers are the same behind each.
BLOCKS: dict[str, Callable[[ArrayConfig], Component]] = {
    "array": DotProductArray,
    "requantizer": lambda config: Requantizer(config.accumulator_width),
    "matrix_unit": MatrixUnit,
}
