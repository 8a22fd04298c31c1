"""One design on one FPGA; that it does not fit is a result too."""

from functools import partial

from sigmaquant.fpga_results import FpgaResult
from sigmaquant.step import Context, Step
from synth.designs import Design
from synth.fpga.devices import device

SOURCES = ("hw", "synth", "sigmaquant.fpga_results", "sigmaquant.steps.fpga")
DISTRIBUTIONS = ("amaranth", "pyosys")


def step(design: Design, device_name: str, *, dsp: bool, seed: int) -> Step[FpgaResult]:
    """Place and route of a design; its folder holds the tools' logs."""
    family = device(device_name).family
    return Step(
        name=f"fpga-{design.name}-{device_name}" + ("" if dsp else "-no-dsp"),
        title=f"Place and route {design.name} on {device_name}",
        result=FpgaResult,
        compute=partial(_compute, design, device_name, dsp, seed),
        inputs={"configuration": design.to_record(), "dsp": dsp, "seed": seed},
        sources=SOURCES,
        distributions=(*DISTRIBUTIONS, family.distribution),
    )


def _compute(
    design: Design, device_name: str, dsp: bool, seed: int, context: Context
) -> FpgaResult:
    from synth.errors import DoesNotFitError
    from synth.fpga.flow import implement

    record, reason = None, ""
    try:
        record = implement(
            design,
            device(device_name),
            context.folder,
            dsp=dsp,
            seed=seed,
            progress=context.progress,
        )
    except DoesNotFitError as error:
        reason = str(error)
    return FpgaResult(design=design.name, device=device_name, record=record, reason=reason)
