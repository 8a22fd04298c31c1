"""Anybody's images: one .npz file with the arrays of the three parts.

`train_images`, `validation_images` and `test_images` are float32[N, C, H, W] as the network reads
them, `train_labels` and so on class indices of any integer type [N]. Nothing is scaled, shuffled or
distorted.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quant.data.splits import Split, Splits
from quant.errors import DataError

PARTS = ("train", "validation", "test")


def load(path: Path) -> Splits:
    """Return the parts that the file at `path` holds.

    DataError names the file and the array that is missing, of another type or shape, or not fit to
    be learned from.
    """
    arrays = _read(path)
    parts = {part: _part(path, part, arrays) for part in PARTS}
    shapes = {part: each.images.shape[1:] for part, each in parts.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(f"{path}: images of different shapes: {shapes}; give all parts one")
    train, validation, test = (parts[part] for part in PARTS)
    return Splits(name="arrays", train=train, validation=validation, test=test)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file of images; numpy.savez makes one")
    try:
        # numpy takes other files too, and keeps a broken archive open: the archive comes first.
        with zipfile.ZipFile(path):
            pass
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not an .npz file of plain arrays ({error})") from None


def _part(path: Path, part: str, arrays: dict[str, NDArray[Any]]) -> Split:
    images = _array(path, f"{part}_images", arrays)
    labels = _array(path, f"{part}_labels", arrays)
    if images.dtype != np.float32 or images.ndim != 4:
        raise DataError(
            f"{path}: {part}_images is {images.dtype}{list(images.shape)}, it must be "
            "float32[N, C, H, W]"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise DataError(
            f"{path}: {part}_labels is {labels.dtype}{list(labels.shape)}, it must be integers [N]"
        )
    try:
        return Split(images=images, labels=labels.astype(np.int64))
    except DataError as error:
        raise DataError(f"{path}, {part}: {error}") from None


def _array(path: Path, name: str, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    if name not in arrays:
        raise DataError(f"{path}: no array {name!r}; it has {', '.join(arrays) or 'none'}")
    return arrays[name]
