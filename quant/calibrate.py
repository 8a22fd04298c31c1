"""Calibration: BatchNorm statistics and activation ranges estimated on training images."""

from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quant.augment import augment
from quant.data.splits import Augmentation
from quant.determinism import generator
from quant.errors import DataError
from quant.memory_format import channels_last
from quant.model import QuantizedModel

NO_AUGMENTATION = Augmentation()
_SEED = 0


@torch.no_grad()
def calibrate(
    model: QuantizedModel,
    images: NDArray[np.float32],
    *,
    augmentation: Augmentation = NO_AUGMENTATION,
    batch: int = 256,
    norms: bool = True,
) -> None:
    """Re-estimate BatchNorm statistics, then the activation ranges; leave `model` in eval mode.

    `images` float32[N, C, H, W] are training images, taken in order in equal batches of at most
    `batch`: each counts the same. The weights are quantized throughout; the statistics are plain
    averages over batches, on images changed by `augmentation` as in training (from a fixed seed):
    the float network's own statistics come from such images, and from plain ones another network
    results. The ranges come from the images as they are. With `norms=False` the BatchNorm
    statistics stay as they are. Raises QuantError without images or for values that are not finite.
    """
    if not len(images):
        raise DataError("calibration needs at least one image")
    device = next(model.parameters()).device
    parts = [torch.from_numpy(part) for part in np.array_split(images, ceil(len(images) / batch))]
    model.eval()
    model.quantize(weights=True, activations=False)
    if norms:
        draws = generator(_SEED)
        _estimate_norms(
            model,
            [channels_last(augment(part, augmentation, draws).to(device)) for part in parts],
        )
    for quantizer in model.activation_quantizers():
        quantizer.start_observing()
    for part in parts:
        model(channels_last(part.to(device)))
    for quantizer in model.activation_quantizers():
        quantizer.finish_observing()


def _estimate_norms(model: QuantizedModel, batches: list[torch.Tensor]) -> None:
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average instead of an exponential one
        norm.train()
    for images in batches:
        model(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
