"""Sliding windows over images of codes."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def windows(
    codes: NDArray[np.uint8],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] = (0, 0),
    padding_code: int = 0,
) -> NDArray[np.uint8]:
    """The windows of uint8[N, C, H, W] as a view uint8[N, C, OH, OW, KH, KW].

    `padding` rows and columns of `padding_code` are added on both sides first.
    """
    if padding != (0, 0):
        (rows, columns) = padding
        margins = ((0, 0), (0, 0), (rows, rows), (columns, columns))
        codes = np.pad(codes, margins, constant_values=padding_code)
    return sliding_window_view(codes, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
