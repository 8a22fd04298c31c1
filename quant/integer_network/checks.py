"""Small checks of one value each; the message is `where: what it is, what it must be`."""

import re
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from quant.integer_network.errors import IntegerNetworkError

# Names become keys, columns and file names further down the flow.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")


def require(condition: bool, message: str) -> None:
    """Raise IntegerNetworkError with `message` unless `condition` holds."""
    if not condition:
        raise IntegerNetworkError(message)


def check_name(what: str, name: Any) -> None:
    """A name is text of letters, digits, `_`, `.` and `-`."""
    require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"{what} name {name!r} must be letters, digits, '_', '.' and '-', at least one: rename it",
    )


def check_integer(where: str, field: str, value: Any, low: int, high: int) -> None:
    """A Python integer in `low..high`, both included."""
    require(
        type(value) is int and low <= value <= high,
        f"{where}: {field} is {value!r}, must be an integer in {low}..{high}",
    )


def check_pair(where: str, field: str, value: Any, low: int) -> None:
    """A tuple of two Python integers, each at least `low`."""
    require(
        isinstance(value, tuple)
        and len(value) == 2
        and all(type(item) is int and item >= low for item in value),
        f"{where}: {field} is {value!r}, must be two integers of at least {low}",
    )


def check_array(
    where: str, field: str, value: Any, dtype: DTypeLike, shape: tuple[int | None, ...]
) -> None:
    """A numpy array of exactly `dtype` and `shape`; None in `shape` stands for any size above 0."""
    wanted = f"{np.dtype(dtype)}[{', '.join('*' if size is None else str(size) for size in shape)}]"
    require(
        isinstance(value, np.ndarray),
        f"{where}: {field} is a {type(value).__name__}, must be a numpy array {wanted}",
    )
    fits = (
        value.dtype == dtype
        and value.ndim == len(shape)
        and all(
            size > 0 and wanted_size in (None, size)
            for size, wanted_size in zip(value.shape, shape, strict=True)
        )
    )
    require(
        fits,
        f"{where}: {field} is {value.dtype}[{', '.join(map(str, value.shape))}], must be {wanted}",
    )
