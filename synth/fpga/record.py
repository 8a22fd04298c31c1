"""The record of a design on an FPGA, with all that is needed to repeat it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# Raise it when the flow changes in a way that the package versions do not show.
FLOW_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class FpgaRecord:
    """Figures of one design on one device after place and route.

    Those of the design, the wrapper taken out:
    luts: 4-input LUTs that it takes up, those that only carry included. flip_flops: in logic cells.
    block_rams, dsps: blocks. memories: by name, the cell that each is in, or "flip-flops".
    macs_per_cycle: peak, by weight bits, of its array.

    Those of both together: fmax_mhz, of the clock, register to register; target_mhz is what was
    asked for. critical_path: the registers where the longest path starts and ends; in the design
    they begin with `design.`. utilization: [used, available] by nextpnr's names.

    dsp: whether multipliers were allowed to become DSP blocks. wrapper_luts, wrapper_flip_flops:
    what `synth.fpga.wrapper` costs. seed: of nextpnr. rtlil_sha256: of the text with the wrapper.
    """

    design: str
    preset: str
    configuration: dict[str, Any]
    device: str
    package: str
    dsp: bool
    luts: int
    flip_flops: int
    block_rams: int
    dsps: int
    memories: dict[str, str]
    macs_per_cycle: dict[str, float]
    fmax_mhz: float
    target_mhz: float
    critical_path: list[str]
    utilization: dict[str, list[int]]
    wrapper_luts: int
    wrapper_flip_flops: int
    seed: int
    versions: dict[str, str]
    rtlil_sha256: str
    flow_version: int

    def luts_per_mac_cycle(self) -> dict[str, float]:
        """LUTs per multiply-accumulate per cycle, by weight bits."""
        return {bits: self.luts / rate for bits, rate in self.macs_per_cycle.items()}

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FpgaRecord:
        """What `to_json` wrote."""
        return cls(**values)
