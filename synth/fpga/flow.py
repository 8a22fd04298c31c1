"""From a design's name to its figures on an FPGA: wrap, map, place, route, count."""

import hashlib
import importlib.metadata
import platform
from pathlib import Path

from hw.generate import rtlil
from quant.progress import Progress
from synth.designs import TOP, Design
from synth.fpga.devices import Device
from synth.fpga.mapping import STEPS, Mapped, check_fits, flip_flops, luts, map_design
from synth.fpga.nextpnr import STAGES, place_and_route, version
from synth.fpga.record import FLOW_VERSION, FpgaRecord
from synth.fpga.report import Placed
from synth.fpga.wrapper import ScanWrapper
from synth.record import WIDTHS

# More than any design reaches. nextpnr weighs paths against the longest one: with a target of 12,
# 100 or 300 MHz the array `tiny` came out the same.
TARGET_MHZ = 400.0


def implement(
    design: Design,
    device: Device,
    folder: Path,
    *,
    dsp: bool = True,
    seed: int = 1,
    progress: Progress | None = None,
) -> FpgaRecord:
    """Figures of a design on a device after place and route; files and logs go to `folder`.

    dsp: multipliers may become DSP blocks. seed: of nextpnr's placer.
    Raises DoesNotFitError with what the design needs and the device has, SynthesisToolError where a
    tool fails, a figure is missing or nextpnr is not installed.
    """
    pnr_version = version(device.family)
    text = rtlil(ScanWrapper(design.component), TOP)
    mapping, routing = _halves(progress)
    mapped = map_design(text, device, folder, dsp=dsp, progress=mapping)
    check_fits(design.name, mapped, device)
    placed = place_and_route(
        design.name, mapped.netlist, device, seed=seed, target_mhz=TARGET_MHZ, progress=routing
    )
    mapped.netlist.unlink()  # large, and made again from the same text
    versions = {name: importlib.metadata.version(name) for name in ("amaranth", "pyosys")}
    versions |= {device.family.distribution: pnr_version, "python": platform.python_version()}
    return _record(design, device, mapped, placed, dsp, seed, versions, text)


def _halves(progress: Progress | None) -> tuple[Progress, Progress]:
    """One progress out of that of two tools; the second half takes most of the time."""

    def mapping(label: str, done: int, total: int) -> None:
        if progress:
            progress(label, done, total + len(STAGES))

    def routing(label: str, done: int, total: int) -> None:
        if progress:
            progress(label, len(STEPS) + done, len(STEPS) + total)

    return mapping, routing


def _record(
    design: Design,
    device: Device,
    mapped: Mapped,
    placed: Placed,
    dsp: bool,
    seed: int,
    versions: dict[str, str],
    text: str,
) -> FpgaRecord:
    family = device.family
    rates = {str(bits): design.array.macs_per_cycle(bits) for bits in WIDTHS}
    wrapper_luts = luts(mapped.wrapper, family)
    return FpgaRecord(
        design=design.name,
        preset=design.preset,
        configuration=design.to_record(),
        device=device.name,
        package=device.package,
        dsp=dsp,
        luts=placed.luts - wrapper_luts,
        flip_flops=flip_flops(mapped.design, family),
        block_rams=placed.block_rams,
        dsps=placed.dsps,
        memories=dict(mapped.memories),
        macs_per_cycle=rates,
        fmax_mhz=placed.fmax_mhz,
        target_mhz=TARGET_MHZ,
        critical_path=placed.critical_path,
        utilization=placed.utilization,
        wrapper_luts=wrapper_luts,
        wrapper_flip_flops=flip_flops(mapped.wrapper, family),
        seed=seed,
        versions=versions,
        rtlil_sha256=hashlib.sha256(text.encode()).hexdigest(),
        flow_version=FLOW_VERSION,
    )
