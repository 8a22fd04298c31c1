"""From real scales to the integer multipliers and shifts of the requantization step.

code = clamp(zero_point + ((acc * multiplier + 2^(shift-1)) >> shift)): multiplier / 2^shift stands
for the real factor between the accumulator's scale and the output's.
"""

import numpy as np
from numpy.typing import NDArray

from quant.errors import ExportError
from quant.graph import Rectifier
from quant.integer_network import Tensor

MULTIPLIER_BITS = 16
MAX_SHIFT = 47
_MAX_MULTIPLIER = (1 << MULTIPLIER_BITS) - 1
MAX_CODE = 255


def fixed_point(factor: float, where: str) -> tuple[int, int]:
    """Return multiplier and shift with multiplier / 2^shift nearest to `factor`.

    The multiplier is in 32768..65535, an error of at most 2^-16 of the factor, except where that
    would take a shift above 47. Raises ExportError, naming `where`, for factors that are not finite
    and positive or too large for a shift of 1.
    """
    if not 0 < factor < float("inf"):
        raise ExportError(f"{where}: scale factor {factor} must be finite and positive")
    shift = min(MULTIPLIER_BITS - int(np.frexp(factor)[1]), MAX_SHIFT)
    multiplier = round(factor * 2.0**shift)
    if multiplier > _MAX_MULTIPLIER:  # the factor rounds up to the next power of two
        shift -= 1
        multiplier = round(factor * 2.0**shift)
    if shift < 1:
        raise ExportError(f"{where}: scale factor {factor:g} is beyond {_MAX_MULTIPLIER} / 2")
    return multiplier, shift


def fixed_points(
    factors: NDArray[np.float64], where: str
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return multipliers uint16[C] and shifts uint8[C] of one factor per channel float64[C]."""
    pairs = [
        fixed_point(float(factor), f"{where}, channel {channel}")
        for channel, factor in enumerate(factors)
    ]
    multipliers, shifts = zip(*pairs, strict=True)
    return np.array(multipliers, dtype=np.uint16), np.array(shifts, dtype=np.uint8)


def common_fixed_point(factors: tuple[float, float], where: str) -> tuple[NDArray[np.uint16], int]:
    """Return multipliers uint16[2] and the one shift that the larger factor asks for."""
    _, shift = fixed_point(max(factors), where)
    return np.array([round(factor * 2.0**shift) for factor in factors], dtype=np.uint16), shift


def code_limits(rectifier: Rectifier | None, target: Tensor, top: int) -> tuple[int, int]:
    """Return the smallest and largest code that the rectifier lets through, at most `top`."""
    if rectifier is None:
        return 0, top
    ceiling = target.zero_point + min(rectifier.ceiling / target.scale, top)
    return target.zero_point, min(round(ceiling), top)
