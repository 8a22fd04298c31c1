"""What a change of widths does to a network that is quantized and trained already."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil

import torch
from torch import Tensor, nn

from quant.memory_format import channels_last
from quant.model import QuantizedModel
from quant.progress import Progress
from quant.sensitivity.context import as_float, run_from
from quant.sensitivity.output_kl import divergence

_BATCH = 128


@torch.no_grad()
def move_divergences(
    model: QuantizedModel,
    teacher: nn.Module,
    images: Tensor,
    moves: Sequence[Mapping[str, int]],
    progress: Progress | None = None,
) -> tuple[float, list[float]]:
    """Return D(teacher || model) in nats as `model` is, and after each of `moves` by itself.

    A move gives new widths to some layers; their steps are searched anew, all others keep what they
    have learned. The mean is over `images` float32[N, C, H, W]; activations are not quantized, and
    BatchNorm of the model normalises by the batch: what re-estimating its statistics repairs is no
    damage. The model is left as it was.
    """
    device = next(model.parameters()).device
    order = {name: place for place, name in enumerate(model.mac_units)}
    first = [min(move, key=order.__getitem__) for move in moves]
    before, after = 0.0, [0.0] * len(moves)
    batches = images.tensor_split(ceil(len(images) / _BATCH))
    with as_float(model, batch_statistics=True):
        model.quantize(weights=True, activations=False)
        for number, part in enumerate(batches):
            batch = channels_last(part.to(device))
            reference, tensors = teacher(batch), model.run(batch)
            before += divergence(reference, tensors[model.graph.output].flatten(1))
            for place, move in enumerate(moves):
                with _moved(model, move):
                    after[place] += divergence(reference, run_from(model, tensors, first[place]))
            if progress is not None:
                progress("divergence of moves", number + 1, len(batches))
    return before / len(images), [total / len(images) for total in after]


@contextmanager
def _moved(model: QuantizedModel, move: Mapping[str, int]) -> Iterator[None]:
    quantizers = {name: model.mac_units[name].weight_quantizer for name in move}
    before = {name: (each.bits, each.step.clone()) for name, each in quantizers.items()}
    model.set_bits(move)
    yield
    for name, (bits, step) in before.items():
        quantizers[name].bits = bits
        quantizers[name].step.copy_(step)
