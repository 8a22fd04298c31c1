"""Channels innermost in memory: convolutions on the CPU and on CUDA run faster so."""

from typing import TypeVar

import torch
from torch import Tensor, nn

Content = TypeVar("Content", bound=Tensor | nn.Module)


def channels_last(content: Content) -> Content:
    """Return images [N, C, H, W], or a module with its weights, in that format; values stay."""
    return content.to(memory_format=torch.channels_last)  # pyright: ignore
