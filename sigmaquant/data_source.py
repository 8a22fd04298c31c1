"""The images of a run, by the word of the configuration; needs no torch."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sigmaquant import provenance
from sigmaquant.allocation_config import ARRAYS, CIFAR10, DIGITS, AllocationConfiguration
from sigmaquant.errors import ConfigurationError

if TYPE_CHECKING:
    from quant.data import Splits

_SMALL_SIDE = 16  # pixels
_SMALL_COUNT = 10_000  # images


def describe(configuration: AllocationConfiguration) -> dict[str, object]:
    """What the images are, for the inputs of a step: the kind, and the hash of every file.

    Raises ConfigurationError for a file that is missing.
    """
    kind, path = _kind(configuration)
    return {"kind": kind, "files": {file.name: file_sha256(file) for file in _files(kind, path)}}


def load(configuration: AllocationConfiguration) -> "Splits":
    """The three parts of the data."""
    from quant.data import arrays, cifar10, digits

    kind, path = _kind(configuration)
    if kind == CIFAR10:
        return cifar10.load(path)
    return digits.load() if kind == DIGITS else arrays.load(path)


def is_large(data: "Splits") -> bool:
    """Whether training on `data` takes minutes an epoch rather than a second."""
    _, height, width = data.train.images.shape[1:]
    return max(height, width) > _SMALL_SIDE or len(data.train) > _SMALL_COUNT


def file_sha256(path: Path) -> str:
    """SHA-256 of a file that the configuration names; ConfigurationError where there is none."""
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file")
    status = path.stat()
    return _sha256(path.resolve(), status.st_size, status.st_mtime_ns)


@cache
def _sha256(path: Path, size: int, modified: int) -> str:
    """Of a large file once, as every step asks for it; size and time tell a changed one."""
    del size, modified
    return provenance.file_sha256(path)


def _kind(configuration: AllocationConfiguration) -> tuple[str, Path]:
    """The kind of data, and its folder or file; digits have none."""
    kind, _, path = (configuration.data or DIGITS).partition(":")
    return kind, Path(path)


def _files(kind: str, path: Path) -> list[Path]:
    if kind == DIGITS:
        return []
    if kind == ARRAYS:
        return [path]
    from quant.data.cifar10 import FOLDER, TEST, TRAIN

    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    return [folder / name for name in (*TRAIN, TEST)]
