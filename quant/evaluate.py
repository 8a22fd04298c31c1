"""Logits of a network over a whole split, and what they are worth."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from quant.data.splits import Split
from quant.memory_format import channels_last


@torch.no_grad()
def logits(network: nn.Module, images: NDArray[np.float32], *, batch: int = 512) -> Tensor:
    """Return float32[N, classes] on the CPU, from the network in eval mode."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    parts = [
        network(channels_last(torch.from_numpy(images[start : start + batch]).to(device))).cpu()
        for start in range(0, len(images), batch)
    ]
    network.train(was_training)
    return torch.cat(parts)


def accuracy(network: nn.Module, split: Split, *, batch: int = 512) -> float:
    """Return the share of images, 0..1, whose largest logit (the first of equals) is the label."""
    return score(logits(network, split.images, batch=batch), split.labels)


def score(outputs: Tensor, labels: NDArray[np.int64]) -> float:
    """Return the share, 0..1, of `outputs` float32[N, classes] whose largest is at the label."""
    return float(np.mean(outputs.argmax(dim=1).numpy() == labels))


def output_divergence(expected: Tensor, outputs: Tensor) -> float:
    """Return the mean KL divergence in nats of logits `outputs` from `expected`, [N, classes]."""
    p, q = F.log_softmax(expected.double(), dim=1), F.log_softmax(outputs.double(), dim=1)
    return float(F.kl_div(q, p, reduction="batchmean", log_target=True))
