"""The pickled batches of CIFAR-10's python version, read without running what a file may hold.

A pickle can name any function for its reader to call. Here only the few names are known of which
numpy arrays, bytes, lists and integers are made; a file with any other one is refused.
"""

import pickle
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from quant.errors import DataError

PIXELS = 3 * 32 * 32
CLASSES = 10
SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html"
_AGAIN = f"unpack the python version from {SOURCE} again"


def read_batch(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pixels uint8[N, 3072], the planes red, green, blue in rows, and labels int64[N].

    DataError names the file where it is missing, damaged, or not such a batch.
    """
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; unpack the python version of CIFAR-10 there, from {SOURCE}"
        )
    try:
        with path.open("rb") as file:
            content = _Unpickler(file, encoding="bytes").load()
    except Exception as error:  # of damaged bytes pickle makes whatever comes first
        reason = str(error).split("\n")[0]
        raise DataError(f"{path}: not a batch of CIFAR-10 ({reason}); {_AGAIN}") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: holds a {type(content).__name__}, not a batch; {_AGAIN}")
    # Python 2 wrote the keys as bytes.
    named = {key.decode() if isinstance(key, bytes) else key: v for key, v in content.items()}
    return _pixels(path, named.get("data")), _labels(path, named)


def _pixels(path: Path, data: Any) -> NDArray[np.uint8]:
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (PIXELS,):
        raise DataError(f"{path}: its 'data' is not a numpy array uint8[N, {PIXELS}]; {_AGAIN}")
    return data


def _labels(path: Path, content: dict[Any, Any]) -> NDArray[np.int64]:
    labels, count = content.get("labels"), len(content["data"])
    if (
        not isinstance(labels, list)
        or len(labels) != count
        or not all(type(label) is int for label in labels)
    ):
        raise DataError(f"{path}: its 'labels' are not a list of one integer an image; {_AGAIN}")
    if labels and not 0 <= min(labels) <= max(labels) < CLASSES:
        raise DataError(f"{path}: its 'labels' are not all in 0..{CLASSES - 1}; {_AGAIN}")
    return np.array(labels, dtype=np.int64)


def _dtype(code: str | bytes, align: int = 0, copy: int = 1) -> np.dtype[Any]:
    """Return the type; old files hold bytes and integers where numpy now wants text and truth."""
    text = code.decode() if isinstance(code, bytes) else code
    return np.dtype(text, align=bool(align), copy=bool(copy))


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes that Python 3 wrote as text, as it does for old protocols."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes as {encoding} text")
    return text.encode("latin1")


_reconstruct = np.empty(0).__reduce__()[0]  # numpy moved it from one private module to another
_KNOWN: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        known = _KNOWN.get((module_name, global_name))
        if known is None:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")
        return known

    def persistent_load(self, pid: Any, /) -> NoReturn:
        raise pickle.UnpicklingError(f"it refers to {pid!r} outside the file")
