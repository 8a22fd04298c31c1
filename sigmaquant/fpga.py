"""The fpga command: arrays and engines on FPGAs, after place and route."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sigmaquant import fpga_document, fpga_tables, provenance
from sigmaquant.config import split
from sigmaquant.console import Console
from sigmaquant.flags import Flags
from sigmaquant.fpga_results import FpgaResults
from sigmaquant.run_directory import RunDirectory
from sigmaquant.steps import fpga
from sigmaquant.store import write_atomically
from synth.designs import Design
from synth.fpga.devices import DEVICES, device

FILE = "fpga.json"
DEVICE = "ecp5-85k"
# Block, preset, device: minutes together on two cores. The larger designs take longer one by one.
DEFAULT = (
    ("array", "tiny", "ice40-hx8k"),
    ("array", "tiny", DEVICE),
    ("array", "tiny_int8", DEVICE),
    ("array", "tiny_int8_booth", DEVICE),
    ("engine", "tiny", DEVICE),
)


class FpgaConfiguration(Flags):
    """What the command is asked for. Every field is a flag."""

    array: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=(),
        description="array presets of hw/config.py, comma separated (default: a list of small "
        "arrays, and the engine tiny)",
    )
    engine: bool = Field(default=False, description="the engines of these names, not the arrays")
    device: str | None = Field(
        default=None,
        description=f"one of {', '.join(DEVICES)} (default: {DEVICE} for arrays that are named)",
    )
    no_dsp: bool = Field(default=False, description="multipliers in LUTs, not in DSP blocks")
    seed: int = Field(default=1, ge=0, description="seed of the placer")

    @field_validator("device")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None:
            device(name)
        return name

    @model_validator(mode="after")
    def _presets_are_known(self) -> Self:
        _ = self.cases
        return self

    @property
    def cases(self) -> list[tuple[Design, str]]:
        """Designs and the names of their devices, each pair once."""
        block = "engine" if self.engine else "array"
        named = [(block, name, DEVICE) for name in self.array]
        wanted = named or [case for case in DEFAULT if not self.engine or case[0] == block]
        return list(
            dict.fromkeys(
                (Design(block=kind, preset=preset), self.device or usual)
                for kind, preset, usual in wanted
            )
        )


def run(
    configuration: FpgaConfiguration,
    console: Console,
    *,
    command: str,
    fresh: bool,
    publish: bool = False,
) -> None:
    """Place and route the designs, write fpga.json into the build folder and show the tables.

    publish: also write the record of docs/fpga.md. Raises SynthesisToolError, before anything runs,
    where nextpnr is not installed.
    """
    from synth.fpga.nextpnr import version

    for _, name in configuration.cases:
        version(device(name).family)
    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    steps = [
        fpga.step(design, name, dsp=not configuration.no_dsp, seed=configuration.seed)
        for design, name in configuration.cases
    ]
    directory.run(*steps)
    results = [directory.result(step) for step in steps]
    record = FpgaResults(command=command, versions=provenance.versions(), results=results)
    path = configuration.build / FILE
    write_atomically(path, record.model_dump_json(indent=1) + "\n")
    fpga_tables.show(results, console)
    console.say(f"record: {path}")
    if publish:
        published = fpga_document.write(record)
        console.say(f"published: {published}; now run: sigmaquant readme --write")
