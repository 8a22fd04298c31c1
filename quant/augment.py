"""Random affine distortion of a batch of images, drawn from a given generator."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.data.splits import Augmentation


def augment(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Return float32[N, C, H, W] distorted image by image; black comes in from outside.

    The generator lives on the CPU and always draws 4 numbers an image, on every device alike.
    """
    draws = torch.rand(len(images), 4, generator=generator) * 2 - 1
    if settings == Augmentation():
        return images
    height, width = images.shape[-2:]
    angle = draws[:, 0] * math.radians(settings.rotation)
    scale = 1 + draws[:, 1] * settings.zoom
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    # affine_grid counts from -1 to 1 across the image: one pixel is 2 / size.
    shift_x = draws[:, 2] * settings.shift * 2 / width
    shift_y = draws[:, 3] * settings.shift * 2 / height
    rows = torch.stack([cosine, -sine, shift_x, sine, cosine, shift_y], dim=1)
    theta = rows.reshape(-1, 2, 3).to(images.device)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", align_corners=False)
