"""The integer arithmetic of a layer's end, the one executable definition of it.

Everything is int64 here and exact: an int32 accumulator times a 16-bit multiplier is below 2**47 in
magnitude, and the rounding term of the largest shift is 2**46.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def requantize(
    accumulator: NDArray[np.integer],
    *,
    multiplier: ArrayLike,
    shift: ArrayLike,
    zero_point: int,
    minimum: int,
    maximum: int,
) -> NDArray[np.uint8]:
    """Codes of an accumulator: scale it by `multiplier / 2**shift`, round half up, clamp.

    `clamp(zero_point + ((accumulator * multiplier + 2**(shift - 1)) >> shift), minimum, maximum)`

    `accumulator` holds int32 values in any integer dtype and shape; `multiplier` (0..65535) and
    `shift` (1..47) broadcast against it; the others are codes in 0..255. uint8 of the broadcast
    shape.
    """
    product = np.asarray(accumulator, dtype=np.int64) * np.asarray(multiplier, dtype=np.int64)
    return saturate(rounding_shift(product, shift), zero_point, minimum, maximum)


def rounding_shift(product: NDArray[np.int64], shift: ArrayLike) -> NDArray[np.int64]:
    """`(product + 2**(shift - 1)) >> shift`, arithmetic: divided by `2**shift`, halves go up."""
    amount = np.asarray(shift, dtype=np.int64)
    half = np.left_shift(np.int64(1), amount - 1)
    return np.right_shift(product + half, amount)


def saturate(
    value: NDArray[np.int64], zero_point: int, minimum: int, maximum: int
) -> NDArray[np.uint8]:
    """`clamp(zero_point + value, minimum, maximum)` as uint8, same shape."""
    return np.clip(value + zero_point, minimum, maximum).astype(np.uint8)
