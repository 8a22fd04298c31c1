"""Classification accuracy and logits of a network over a whole split."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quant.data.splits import Split


@torch.no_grad()
def logits(network: nn.Module, images: NDArray[np.float32], *, batch: int = 512) -> torch.Tensor:
    """Return float32[N, classes] on the CPU, from the network in eval mode."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    parts = [
        network(torch.from_numpy(images[start : start + batch]).to(device)).cpu()
        for start in range(0, len(images), batch)
    ]
    network.train(was_training)
    return torch.cat(parts)


def accuracy(network: nn.Module, split: Split, *, batch: int = 512) -> float:
    """Return the share of images, 0..1, whose largest logit (the first of equals) is the label."""
    classes = logits(network, split.images, batch=batch).argmax(dim=1).numpy()
    return float(np.mean(classes == split.labels))
