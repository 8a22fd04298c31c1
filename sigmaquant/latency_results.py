"""Records of time and memory traffic: one image of a network on an array and on its engine."""

from pydantic import Field

from sigmaquant.record import Record


class MemoryUse(Record):
    """`count` equal memories of this size, and what one image does to them (`synth.sram`).

    energy_nj: of the accesses; leakage_nw: power at rest, of all of them as area_um2 is.
    """

    name: str
    count: int
    words: int
    word_bits: int
    reads: int
    word_writes: int
    slice_writes: int
    energy_nj: float
    area_um2: float
    leakage_nw: float


class EngineLatency(Record):
    """The whole engine, from the start to the last code written; None and a `reason` without one.

    steps: cycles of these in which the array takes weights. utilization: of its peak.
    """

    cycles: int | None = None
    steps: int | None = None
    utilization: float | None = None
    memories: list[MemoryUse] = Field(default_factory=list)
    reason: str = ""


class LatencyResult(Record):
    """One network on one array.

    macs: by weight bits. steps: weight beats that the array takes, tiles that are not full as those
    that are. cycles: layers one after the other on the array alone, which never waits for words.
    """

    preset: str
    network: str
    macs: dict[str, int]
    steps: int
    cycles: int
    engine: EngineLatency

    @property
    def all_macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(self.macs.values())
