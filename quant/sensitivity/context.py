"""What a sensitivity metric looks at, and the ways to look without leaving a trace."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor, nn

from quant.errors import DataError
from quant.fake_quantize import ActivationQuantizer, WeightQuantizer
from quant.fake_quantize.activations import Mode
from quant.model import QuantizedModel
from quant.progress import Progress

# Damage by layer and bits: lower is better.
Scores = dict[str, dict[int, float]]


@dataclass(frozen=True)
class Context:
    """A calibrated `model` with its float weights, and the calibration images to judge it on.

    images float32[N, C, H, W] and labels int64[N] are training images, changed as in training and
    moved to the model's device batch by batch; some 512 are enough. widths: the bits to score.
    `progress` (label, done, total) hears of every step of a slow metric. Raises DataError without
    images or where the labels are not as many.
    """

    model: QuantizedModel
    images: Tensor
    labels: Tensor
    widths: tuple[int, ...]
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if not len(self.images):
            raise DataError("sensitivity needs at least one image")
        if len(self.images) != len(self.labels):
            raise DataError(
                f"{len(self.images)} images but {len(self.labels)} labels; give one label an image"
            )

    def batches(self, size: int) -> list[tuple[Tensor, Tensor]]:
        """Return images and labels on the model's device in equal batches of at most `size`."""
        device = next(self.model.parameters()).device
        count = ceil(len(self.images) / size)
        images, labels = self.images.tensor_split(count), self.labels.tensor_split(count)
        return [(x.to(device), y.to(device)) for x, y in zip(images, labels, strict=True)]

    def report(self, label: str, done: int, total: int) -> None:
        """Tell `progress`, where there is one."""
        if self.progress is not None:
            self.progress(label, done, total)

    def score(self, damage: Callable[[Tensor, int], float]) -> Scores:
        """Return `damage(weight, bits)` of every layer and width, from float weights alone."""
        with torch.no_grad():
            return {
                name: {bits: damage(unit.float_weight.detach(), bits) for bits in self.widths}
                for name, unit in self.model.mac_units.items()
            }


@contextmanager
def as_float(model: QuantizedModel, *, batch_statistics: bool = False) -> Iterator[None]:
    """Let `model` compute the float network, and bring everything back in the end.

    With `batch_statistics` every BatchNorm normalises by its batch instead of its running
    statistics: what re-estimating them would make of other weights is then part of the outputs.
    """
    state = {key: value.clone() for key, value in model.state_dict().items()}
    training = [(module, module.training) for module in model.modules()]
    quantizers = [unit.weight_quantizer for unit in model.mac_units.values()]
    weights = [(quantizer, quantizer.bits, quantizer.enabled) for quantizer in quantizers]
    modes: list[tuple[ActivationQuantizer, Mode]] = [
        (quantizer, quantizer.mode) for quantizer in model.activation_quantizers()
    ]
    try:
        model.eval()
        model.quantize(weights=False, activations=False)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.train(batch_statistics)
        yield
    finally:
        for module, was_training in training:
            module.training = was_training
        for quantizer, bits, enabled in weights:
            quantizer.bits, quantizer.enabled = bits, enabled
        for quantizer, mode in modes:
            quantizer.mode = mode
        model.load_state_dict(state)


def run_from(model: QuantizedModel, tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the logits float32[N, classes] after the layer `name` has changed.

    `tensors` are those of `QuantizedModel.run` before the change; what does not depend on the layer
    is taken from them.
    """
    new: dict[str, Tensor] = {}
    for layer in model.graph.layers:
        if layer.name == name or any(source in new for source in layer.inputs):
            operands = [new.get(source, tensors[source]) for source in layer.inputs]
            new[layer.name] = model.unit(layer.name)(*operands)
    return new[model.graph.output].flatten(1)


@torch.no_grad()
def quantized(weight: Tensor, bits: int) -> Tensor:
    """Return `weight` float32[O, ...] on its grid of `bits`, with freshly searched steps."""
    return WeightQuantizer("sensitivity", weight, bits)(weight)
