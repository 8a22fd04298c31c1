"""Results of the fpga command."""

from sigmaquant.record import Record
from synth.fpga.record import FpgaRecord


class FpgaResult(Record):
    """record: the figures; None where the design does not fit, and `reason` says why."""

    design: str
    device: str
    record: FpgaRecord | None
    reason: str


class FpgaResults(Record):
    """All designs of one command."""

    command: str
    versions: dict[str, str]
    results: list[FpgaResult]

    @property
    def records(self) -> list[FpgaRecord]:
        """Those of the designs that fit."""
        return [result.record for result in self.results if result.record]
