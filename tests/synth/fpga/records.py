"""A made-up record for tests of what is done with one."""

from typing import Any

from hw.config import preset
from synth.fpga.record import FLOW_VERSION, FpgaRecord


def record(**fields: Any) -> FpgaRecord:
    """The array `tiny`, but for `fields`."""
    usual: dict[str, Any] = {
        "design": "array-tiny",
        "preset": "tiny",
        "configuration": preset("tiny").to_dict(),
        "device": "ecp5-85k",
        "package": "CABGA756",
        "dsp": True,
        "luts": 1747,
        "flip_flops": 334,
        "block_rams": 0,
        "dsps": 0,
        "memories": {},
        "macs_per_cycle": {str(bits): preset("tiny").macs_per_cycle(bits) for bits in (2, 4, 6, 8)},
        "fmax_mhz": 100.0,
        "target_mhz": 400.0,
        "critical_path": ["design.a", "design.b"],
        "utilization": {"TRELLIS_COMB": [1845, 83640], "TRELLIS_IO": [4, 365]},
        "wrapper_luts": 98,
        "wrapper_flip_flops": 335,
        "seed": 1,
        "versions": {"pyosys": "0"},
        "rtlil_sha256": "0" * 64,
        "flow_version": FLOW_VERSION,
    }
    return FpgaRecord(**(usual | fields))
