"""Builds integer networks layer by layer, with random weights and calibrated constants."""

from math import prod

import numpy as np

from quant.integer_network import (
    Add,
    AveragePool,
    Conv2d,
    IntegerNetwork,
    Layer,
    Linear,
    MacLayer,
    MaxPool,
    Requantization,
    Tensor,
)
from quant.integer_network.layers import Shape
from sim.golden.accumulators import mac_accumulators
from sim.golden.layers import run_layer
from sim.networks.calibration import average_scale, calibrated, fixed_point, random_weight

CALIBRATION_IMAGES = 16


class NetworkBuilder:
    """Appends layers with random weights, calibrated so that their codes spread over 0..255.

    Every layer's output tensor has its name; the input is `image`. What is not a ReLU gets a random
    zero-point.

    rng: of weights and of the calibration images. image: shape of the input.
    images: how many calibration images, uniformly random.
    """

    def __init__(self, rng: np.random.Generator, image: Shape, images: int = CALIBRATION_IMAGES):
        self._rng = rng
        self._tensors: dict[str, Tensor] = {}
        self._layers: list[Layer] = []
        self._tensor("image", image, zero_point=self._zero_point())
        self._codes = {"image": rng.integers(0, 256, size=(images, *image), dtype=np.uint8)}

    def shape(self, name: str) -> Shape:
        """Shape of a tensor so far."""
        return self._tensors[name].shape

    def conv(
        self,
        name: str,
        source: str,
        channels: int,
        kernel: int | tuple[int, int],
        bits: int,
        *,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (1, 1),
        groups: int = 1,
        relu: bool = False,
        maximum: int = 200,
    ) -> None:
        """Convolution; `maximum` clips the codes of a ReLU."""
        size = (kernel, kernel) if isinstance(kernel, int) else kernel
        shape = (channels, self.shape(source)[0] // groups, *size)
        weight = random_weight(self._rng, shape, bits)
        self._append_mac(
            Conv2d(
                name=name,
                input=source,
                output=name,
                weight=weight,
                bits=bits,
                bias=np.zeros(channels, dtype=np.int32),
                stride=stride,
                padding=padding,
                groups=groups,
                requantization=self._requantization(channels, relu=relu, maximum=maximum),
            )
        )

    def subsample(self, name: str, source: str, channels: int, bits: int) -> None:
        """Every second row and column, channels padded with zeros on both sides: weights of one.

        source: a tensor with zero-point 0.
        """
        old = self.shape(source)[0]
        weight = np.zeros((channels, old, 1, 1), dtype=np.int8)
        weight[(channels - old) // 2 + np.arange(old), np.arange(old)] = 1
        multiplier, shift = fixed_point(1.0)
        self._append(
            Conv2d(
                name=name,
                input=source,
                output=name,
                weight=weight,
                bits=bits,
                bias=np.zeros(channels, dtype=np.int32),
                stride=(2, 2),
                padding=(0, 0),
                groups=1,
                requantization=Requantization(
                    multiplier=np.full(channels, multiplier, dtype=np.uint16),
                    shift=np.full(channels, shift, dtype=np.uint8),
                    zero_point=0,
                    minimum=0,
                    maximum=255,
                ),
            )
        )

    def linear(self, name: str, source: str, features: int, bits: int) -> None:
        """Linear layer."""
        shape = (features, prod(self.shape(source)))
        weight = random_weight(self._rng, shape, bits)
        self._append_mac(
            Linear(
                name=name,
                input=source,
                output=name,
                weight=weight,
                bits=bits,
                bias=np.zeros(features, dtype=np.int32),
                requantization=self._requantization(features, relu=False, maximum=255),
            )
        )

    def add(self, name: str, one: str, other: str, *, relu: bool = False) -> None:
        """Sum of two tensors."""
        multipliers = self._rng.integers(20_000, 65_536, size=2).astype(np.uint16)
        zero_point = 0 if relu else self._zero_point()
        self._append(
            Add(
                name=name,
                inputs=(one, other),
                output=name,
                multiplier=multipliers,
                shift=16,
                zero_point=zero_point,
                minimum=0,
                maximum=255,
            ),
            zero_point,
        )

    def average_pool(self, name: str, source: str, rows: int | None = None) -> None:
        """Windows as wide as the input and `rows` (default: all) high, one row apart.

        Codes keep the zero-point of a ReLU's output; others get a random one.
        """
        tensor = self._tensors[source]
        kernel = (rows or tensor.shape[1], tensor.shape[2])
        zero_point, scale = 0, average_scale(self._codes[source], kernel)
        if tensor.zero_point:
            zero_point, scale = self._zero_point(), 2.0 / prod(kernel)
        multiplier, shift = fixed_point(scale)
        self._append(
            AveragePool(
                name=name,
                input=source,
                output=name,
                kernel=kernel,
                stride=(1, 1),
                bias=-prod(kernel) * tensor.zero_point,
                requantization=Requantization(
                    multiplier=np.array([multiplier], dtype=np.uint16),
                    shift=np.array([shift], dtype=np.uint8),
                    zero_point=zero_point,
                    minimum=0,
                    maximum=255,
                ),
            )
        )

    def max_pool(self, name: str, source: str) -> None:
        """Windows of two by two, one apart, padded by one."""
        self._append(
            MaxPool(
                name=name, input=source, output=name, kernel=(2, 2), stride=(1, 1), padding=(1, 1)
            ),
            self._tensors[source].zero_point,
        )

    def network(self, name: str, made_by: str) -> IntegerNetwork:
        """The network, validated; its output is the last layer's."""
        network = IntegerNetwork(
            name=name,
            input="image",
            output=self._layers[-1].output,
            tensors=self._tensors,
            layers=tuple(self._layers),
            metadata={"made_by": made_by},
        )
        network.validate()
        return network

    def _append(self, layer: Layer, zero_point: int | None = None) -> None:
        shape = layer.output_shape(*(self.shape(source) for source in layer.inputs))
        if isinstance(layer, Conv2d | Linear | AveragePool):
            zero_point = layer.requantization.zero_point
        assert zero_point is not None
        self._tensor(layer.output, shape, zero_point)
        self._layers.append(layer)
        inputs = [self._codes[source] for source in layer.inputs]
        tensors = [self._tensors[source] for source in layer.inputs]
        self._codes[layer.output] = run_layer(layer, inputs, tensors)

    def _tensor(self, name: str, shape: Shape, zero_point: int) -> None:
        self._tensors[name] = Tensor(name=name, shape=shape, scale=0.25, zero_point=zero_point)

    def _zero_point(self) -> int:
        return int(self._rng.integers(60, 196))

    def _append_mac(self, layer: MacLayer) -> None:
        source = layer.input
        sums = mac_accumulators(layer, self._codes[source], self._tensors[source].zero_point)
        self._append(calibrated(layer, sums, self._rng))

    def _requantization(self, channels: int, *, relu: bool, maximum: int) -> Requantization:
        return Requantization(
            multiplier=np.zeros(channels, dtype=np.uint16),
            shift=np.ones(channels, dtype=np.uint8),
            zero_point=0 if relu else self._zero_point(),
            minimum=0,
            maximum=maximum if relu else 255,
        )
