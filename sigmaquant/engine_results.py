"""Results of whole networks on the simulated engine."""

from typing import Any

from pydantic import Field

from sigmaquant.results import Record

Share = Field(ge=0, le=1)


class EngineLayer(Record):
    """One operation of the engine: a layer, with an addition where it carries one.

    kind: of layer. mapping: how it is spread over the array. bits: 0 without weights.
    macs: useful ones, 0 of pools. cycles: from its launch to the next one's in the whole program.
    cycles_model, cycles_simulated: of a program of this operation alone.
    utilization: macs over those the array could do in `cycles` at this width. bound: what keeps it
    from more (`sim.program_model`). counters: what the hardware counted, the same as the model.
    """

    name: str
    kind: str
    mapping: str
    bits: int
    macs: int
    cycles: int
    cycles_model: int
    cycles_simulated: int
    utilization: float = Share
    bound: str
    counters: dict[str, int]


class EngineNetwork(Record):
    """A network on the simulated engine, from the start to the last code written.

    utilization: mean of the layers', weighted with their macs. utilization_overall: all macs over
    those the array could do in all cycles, each layer's at its own width.
    bit_exact: codes of every layer and of the output are the golden model's; a difference raises.
    """

    network: str
    engine: str
    config: dict[str, Any]
    macs: int
    weights: int
    mean_bits: float
    cycles_model: int
    cycles_simulated: int
    bit_exact: bool
    utilization: float = Share
    utilization_overall: float = Share
    layers: list[EngineLayer]


class EngineRecord(Record):
    """All networks of one command; `networks` by their names."""

    command: str
    simulator: str
    versions: dict[str, str]
    networks: dict[str, EngineNetwork]
