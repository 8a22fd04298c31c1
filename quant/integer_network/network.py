"""The integer network: tensors and layers in execution order, all that hardware has to know."""

from dataclasses import dataclass, field
from typing import Any

from quant.integer_network import layers as _layers
from quant.integer_network.errors import IntegerNetworkError
from quant.integer_network.layers import Conv2d, Layer, Linear, MacLayer, Tensor
from quant.integer_network.record import Record
from quant.integer_network.validation import validate

REFERENCE_BITS = 8  # sizes are told against the same weights at uniform 8 bits


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegerNetwork(Record):
    """A quantized network in integers alone.

    `input` and `output` name tensors of `tensors` (keyed by name); `layers` is in execution order,
    each reading tensors that came before it; `metadata` is any JSON object of the exporter's.
    """

    name: str
    input: str
    output: str
    tensors: dict[str, Tensor]
    layers: tuple[Layer, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def mac_layers(self) -> tuple[MacLayer, ...]:
        """The layers with weights, in execution order."""
        return tuple(layer for layer in self.layers if isinstance(layer, Conv2d | Linear))

    @property
    def weight_count(self) -> int:
        """How many weights there are, biases not counted."""
        return sum(layer.weight.size for layer in self.mac_layers)

    @property
    def weight_bits_total(self) -> int:
        """Bits of all weights, each at its layer's width, biases not counted."""
        return sum(layer.weight.size * layer.bits for layer in self.mac_layers)

    @property
    def mean_bits(self) -> float:
        """Mean bits per weight."""
        return self.weight_bits_total / self.weight_count

    @property
    def size_ratio(self) -> float:
        """Weight size as a fraction of the same weights at uniform 8 bits."""
        return self.mean_bits / REFERENCE_BITS

    def layer(self, name: str) -> Layer:
        """The layer called `name`; an IntegerNetworkError lists the names when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise IntegerNetworkError(
            f"network {self.name!r} has no layer {name!r}: choose one of {names}"
        )

    def macs(self, layer: MacLayer) -> int:
        """Multiply-accumulates of one image through `layer`, padding pixels included."""
        return _layers.macs(layer, self.tensors[layer.output].shape)

    def validate(self) -> None:
        """Check every range, shape and reference, and prove that no accumulator can overflow.

        Raises IntegerNetworkError with one line naming the first fault found.
        """
        validate(self)
