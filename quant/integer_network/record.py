"""Equality for frozen dataclasses that hold arrays."""

from dataclasses import fields

import numpy as np


class Record:
    """Base of dataclasses (declared with `eq=False`) whose fields may be numpy arrays.

    Two records are equal when they are of one class and every field is equal; arrays are equal when
    dtype, shape and every element are. Records cannot be hashed.
    """

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            _equal(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)  # pyright: ignore[reportArgumentType]
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other
