"""Random changes of a batch of training images, drawn from a given generator."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.data.splits import Augmentation
from quant.errors import SettingsError


def augment(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Return float32[N, C, H, W] changed image by image, or `images` where nothing is set.

    The generator lives on the CPU, so that every device sees the same draws: always 4 numbers an
    image, then 2 where `settings` crop, then 1 where they flip.
    """
    draws = torch.rand(len(images), 4, generator=generator) * 2 - 1
    if settings.affine:
        images = _distort(images, settings, draws)
    if settings.crop or settings.flip:
        images = _crop_and_flip(images, settings, generator)
    return images


def _distort(images: Tensor, settings: Augmentation, draws: Tensor) -> Tensor:
    """Return the images turned, moved and zoomed; zeros come in from outside."""
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


def _crop_and_flip(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Return windows of the padded images, one gather for the batch."""
    count, channels, height, width = images.shape
    rows, columns = torch.arange(height).expand(count, -1), torch.arange(width).expand(count, -1)
    if settings.crop:
        corners = torch.randint(2 * settings.crop + 1, (count, 2), generator=generator)
        rows, columns = rows + corners[:, :1], columns + corners[:, 1:]
    if settings.flip:
        flipped = torch.randint(2, (count, 1), generator=generator) == 1
        columns = torch.where(flipped, columns.flip(1), columns)
    pixels = rows[:, :, None] * (width + 2 * settings.crop) + columns[:, None, :]
    index = pixels.reshape(count, 1, -1).to(images.device).expand(-1, channels, -1)
    padded = _bordered(images, settings).flatten(2)
    return padded.gather(2, index).reshape(images.shape)


def _bordered(images: Tensor, settings: Augmentation) -> Tensor:
    """Return the images within a border of `settings.crop` pixels of the border's colour."""
    colour = settings.border or (0.0,) * images.shape[1]
    if len(colour) != images.shape[1]:
        raise SettingsError(
            f"a border of {len(colour)} channels around images of {images.shape[1]}: "
            "give one value a channel"
        )
    crop, (height, width) = settings.crop, images.shape[-2:]
    padded = images.new_tensor(colour).reshape(1, -1, 1, 1)
    padded = padded.repeat(len(images), 1, height + 2 * crop, width + 2 * crop)
    padded[:, :, crop : crop + height, crop : crop + width] = images
    return padded
