"""Results of whole networks on an engine, simulated or by the cycle model alone."""

from typing import Any, Self

from pydantic import Field, model_validator

from sigmaquant.record import Record

Share = Field(ge=0, le=1)


class ModelledLayer(Record):
    """One operation of the engine: a layer, with an addition where it carries one.

    kind: of layer. mapping: how it is spread over the array. bits: 0 without weights.
    macs: useful ones, 0 of pools. cycles: from its launch to the next one's in the whole program.
    cycles_model: of a program of this operation alone.
    utilization: macs over those the array could do in `cycles` at this width. bound: what keeps it
    from more (`sim.program_model`). counters: by the names of the engine's registers.
    """

    name: str
    kind: str
    mapping: str
    bits: int
    macs: int
    cycles: int
    cycles_model: int
    utilization: float = Share
    bound: str
    counters: dict[str, int]


class EngineLayer(ModelledLayer):
    """A simulated one: it alone took `cycles_simulated`, and the hardware counted `counters`."""

    cycles_simulated: int


class _Network(Record):
    """A network on an engine, from the start to the last code written.

    activation_word_bytes, weight_word_bytes: of the words that the layers' counters count.
    utilization: mean of the layers', weighted with their macs. utilization_overall: all macs over
    those the array could do in all cycles, each layer's at its own width.
    """

    network: str
    engine: str
    config: dict[str, Any]
    activation_word_bytes: int
    weight_word_bytes: int
    macs: int
    weights: int
    mean_bits: float
    cycles_model: int
    utilization: float = Share
    utilization_overall: float = Share


class ModelledNetwork(_Network):
    """By the cycle model alone."""

    layers: list[ModelledLayer]


class EngineNetwork(_Network):
    """Simulated.

    bit_exact: codes of every layer and of the output are the golden model's; a difference raises.
    """

    cycles_simulated: int
    bit_exact: bool
    layers: list[EngineLayer]

    @property
    def exact_layers(self) -> int:
        """Layers with the golden model's codes and the cycle model's cycles."""
        equal = sum(layer.cycles_model == layer.cycles_simulated for layer in self.layers)
        return equal if self.bit_exact else 0


class EngineFit(Record):
    """An exported network on an engine preset by the cycle model; no `cycles` where it cannot run.

    `reason`: what the compiler said then.
    """

    engine: str
    cycles: int | None
    reason: str


class EngineRecord(Record):
    """All networks of one command; `networks` by their names."""

    command: str
    simulator: str
    versions: dict[str, str]
    networks: dict[str, EngineNetwork]


class SimulationResult(Record):
    """The allocated network on the simulated engine, and the same on the INT8 engine.

    images: that went through the simulation; every one takes the same cycles.
    """

    images: int
    engine: EngineNetwork
    baseline: ModelledNetwork
    simulator: str
    versions: dict[str, str]

    @model_validator(mode="after")
    def _same_operations(self) -> Self:
        ours, rival = (
            [layer.name for layer in network.layers] for network in (self.engine, self.baseline)
        )
        if ours != rival:
            raise ValueError("the two engines run different operations: they do not compare")
        return self
