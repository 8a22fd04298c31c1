"""Weights as a little-endian bit stream at their own width.

Weight `i` of width `bits` occupies bits `i * bits` to `(i + 1) * bits - 1` of the stream, least
significant bit first; bit `j` of the stream is bit `j % 8` of byte `j // 8`. The last byte is
filled with zeros.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from quant.integer_network.errors import IntegerNetworkError

MIN_BITS = 2
MAX_BITS = 8


def weight_range(bits: int) -> tuple[int, int]:
    """Smallest and largest weight of `bits` bits in two's complement, both included."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def packed_size(count: int, bits: int) -> int:
    """Bytes that `count` weights of `bits` bits take."""
    return (count * bits + 7) // 8


def pack(weight: NDArray[np.int8], bits: int) -> NDArray[np.uint8]:
    """Pack an int8 array of any shape, in C order, into uint8[packed_size(weight.size, bits)].

    Raises IntegerNetworkError when `bits` is outside 2..8 or a weight does not fit in it.
    """
    _check_bits(bits)
    low, high = weight_range(bits)
    if weight.size and not low <= weight.min() <= weight.max() <= high:
        raise IntegerNetworkError(
            f"weights span {weight.min()}..{weight.max()}, outside {low}..{high} of {bits} bits: "
            "quantize them to their width before packing"
        )
    codes = np.ascontiguousarray(weight, dtype=np.int8).reshape(-1, 1).view(np.uint8)
    planes = np.unpackbits(codes, axis=1, bitorder="little")[:, :bits]
    return np.packbits(planes.reshape(-1), bitorder="little")


def unpack(packed: NDArray[np.uint8], bits: int, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """The int8 array of `shape` that `pack` turned into `packed`.

    Raises IntegerNetworkError when `bits` is outside 2..8 or `packed` is not exactly such a stream.
    """
    _check_bits(bits)
    count = prod(shape)
    expected = packed_size(count, bits)
    if packed.dtype != np.uint8 or packed.shape != (expected,):
        raise IntegerNetworkError(
            f"{count} weights of {bits} bits need uint8[{expected}], "
            f"the file holds {packed.dtype}{list(packed.shape)}: export the network again"
        )
    stream = np.unpackbits(packed, bitorder="little")
    if stream[count * bits :].any():
        raise IntegerNetworkError(
            f"the bits after the last of {count} weights are not zero: export the network again"
        )
    planes = np.zeros((count, 8), dtype=np.uint8)
    planes[:, :bits] = stream[: count * bits].reshape(count, bits)
    planes[:, bits:] = planes[:, bits - 1 : bits]  # sign extension
    return np.packbits(planes, axis=1, bitorder="little").view(np.int8).reshape(shape)


def _check_bits(bits: int) -> None:
    if type(bits) is not int or not MIN_BITS <= bits <= MAX_BITS:
        raise IntegerNetworkError(
            f"bits is {bits!r}, must be an integer in {MIN_BITS}..{MAX_BITS}: choose such a width"
        )
