"""Lookup tables of the liberty non-linear delay model, evaluated on whole arrays at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LOAD = "total_output_net_capacitance"
_CLOCK_SLEW = "related_pin_transition"


@dataclass(frozen=True, kw_only=True)
class Table:
    """ns over (slew in ns, load in fF); for setup tables over (data slew, clock slew), both ns.

    values: shape (slew points, load points). Outside the axes the outermost cell is extrapolated.
    """

    slew: Floats
    load: Floats
    values: Floats

    def __call__(self, slew: Floats, load: Floats) -> Floats:
        """Bilinear interpolation; `slew` and `load` have one shape, which the result has too."""
        row, row_fraction = _position(self.slew, slew)
        column, column_fraction = _position(self.load, load)
        values = self.values
        next_row = np.minimum(row + 1, len(self.slew) - 1)
        next_column = np.minimum(column + 1, len(self.load) - 1)
        low = (
            values[row, column] * (1 - column_fraction) + values[row, next_column] * column_fraction
        )
        high = values[next_row, column] * (1 - column_fraction)
        high = high + values[next_row, next_column] * column_fraction
        return low * (1 - row_fraction) + high * row_fraction


def make_table(data: dict[str, Any]) -> Table:
    """Build a table from the reader's axes and values, whatever order the file has the axes in."""
    axes, values = data["axes"], np.array(data["values"])
    points = [np.array(axis["points"]) for axis in axes]
    columns = [axis["variable"] in (_LOAD, _CLOCK_SLEW) for axis in axes]
    values = values.reshape([len(p) for p in points] or [1])
    constant = np.zeros(1)
    if len(points) == 2:
        transposed = columns[0]
        slew, load = (points[1], points[0]) if transposed else (points[0], points[1])
        return Table(slew=slew, load=load, values=values.T if transposed else values)
    if not points:
        return Table(slew=constant, load=constant, values=values.reshape(1, 1))
    if columns[0]:
        return Table(slew=constant, load=points[0], values=values.reshape(1, -1))
    return Table(slew=points[0], load=constant, values=values.reshape(-1, 1))


def _position(axis: Floats, at: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Index of the cell `at` falls into and the fraction of its width; beyond 0..1 outside."""
    if len(axis) == 1:
        return np.zeros(at.shape, dtype=np.intp), np.zeros(at.shape)
    index = np.clip(np.searchsorted(axis, at, side="right") - 1, 0, len(axis) - 2)
    return index, (at - axis[index]) / (axis[index + 1] - axis[index])
