"""CIFAR-10: 60,000 colour photographs of 32x32 pixels in ten classes.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. The files are
not part of this repository; `load` reads the python version from a folder.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quant.data.batches import PIXELS, read_batch
from quant.data.splits import Augmentation, Split, Splits, stratified_splits
from quant.errors import SettingsError

SEED = 20261
FOLDER = "cifar-10-batches-py"
TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
SIDE = 32
# ImageNet's, of pixels in 0..1: the common ResNet checkpoints for CIFAR were trained with them.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
# He et al., "Deep residual learning for image recognition", 2016, section 4.2. The border is black,
# as where a picture is padded before it is normalised: that is how those checkpoints were trained.
AUGMENTATION = Augmentation(
    crop=4,
    flip=True,
    border=tuple(-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)),
)


def load(path: Path, *, validation: int = 5000) -> Splits:
    """Return the three parts from the batches in `path`, or in its folder cifar-10-batches-py.

    Images are float32[N, 3, 32, 32], (pixel / 255 - mean) / deviation with the numbers above.
    The validation part is about `validation` images of the training batches, the same share of
    every class, always the same ones. DataError names a file that is missing or damaged,
    SettingsError a `validation` that leaves a part empty.
    """
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    pixels, labels = _joined(folder)
    if not 0 < validation < len(labels):
        raise SettingsError(
            f"{validation} validation images of {len(labels)}; take at least 1 and leave some"
        )
    share = validation / len(labels)
    held, kept = stratified_splits(labels, (share, 1 - share), SEED)
    test = read_batch(folder / TEST)
    return Splits(
        name=f"cifar10-{SEED}",
        train=_split(pixels, labels, kept),
        validation=_split(pixels, labels, held),
        test=_split(*test, np.arange(len(test[1]))),
        augmentation=AUGMENTATION,
    )


def _joined(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pixels, labels = zip(*(read_batch(folder / name) for name in TRAIN), strict=True)
    return np.concatenate(pixels), np.concatenate(labels)


def _split(pixels: NDArray[np.uint8], labels: NDArray[np.int64], part: NDArray[np.int64]) -> Split:
    """Return the images of `part` as floats, made plane by plane: there is no second copy."""
    planes = pixels.reshape(len(pixels), 3, PIXELS // 3)
    images = np.empty((len(part), 3, SIDE, SIDE), np.float32)
    for channel, (mean, deviation) in enumerate(zip(MEAN, DEVIATION, strict=True)):
        values = ((np.arange(256) / 255 - mean) / deviation).astype(np.float32)
        images[:, channel] = values[planes[part, channel]].reshape(-1, SIDE, SIDE)
    return Split(images=images, labels=labels[part])
