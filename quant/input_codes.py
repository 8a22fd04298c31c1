"""Images as the unsigned 8-bit codes that an integer network reads; needs no torch."""

import numpy as np
from numpy.typing import NDArray

from quant.errors import DataError
from quant.integer_network import IntegerNetwork


def input_codes(network: IntegerNetwork, images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the codes uint8[N, C, H, W] of `images` float32 on the grid of the input tensor.

    Rounds as the fake quantizer does: image * (1 / scale) in float32, halves to even. Raises
    DataError for images of another shape, and for values that are not finite.
    """
    tensor = network.tensors[network.input]
    if images.shape[1:] != tensor.shape:
        raise DataError(
            f"images of shape {images.shape[1:]}, but network '{network.name}' reads {tensor.shape}"
        )
    if not np.isfinite(images).all():
        image = int(np.argwhere(~np.isfinite(images))[0, 0])
        raise DataError(f"image {image} has values that are NaN or infinite: repair it")
    inverse = np.float32(1) / np.float32(tensor.scale)
    codes = np.rint(images.astype(np.float32) * inverse) + np.float32(tensor.zero_point)
    return np.clip(codes, 0, 255).astype(np.uint8)
