"""A labelled dataset in three parts: training, validation and test."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quant.errors import DataError, SettingsError


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes of a training image; the defaults mean none. Each image draws its own.

    Affine distortion: rotation: largest angle in degrees, shift: largest translation in pixels,
    zoom: largest relative change of size, all three uniform, both signs.

    For photographs, after it: crop: pixels put around the image before a window of its own size is
    cut out at a random place; their value is `border`, one a channel, or 0. flip: left and right
    change places, half of the time.

    It should be what the float network was trained with: BatchNorm statistics are estimated on
    images changed in the same way, and borders of another colour shift them.
    """

    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    crop: int = 0
    flip: bool = False
    border: tuple[float, ...] = ()

    @property
    def affine(self) -> bool:
        """Whether there is any affine distortion."""
        return (self.rotation, self.shift, self.zoom) != (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Images float32[N, C, H, W], finite, and their labels int64[N], 0 or more; N at least 1.

    DataError names what is not so.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise DataError(
                f"a split has {len(self.images)} images and {len(self.labels)} labels: "
                "give each image one label"
            )
        if not len(self.labels):
            raise DataError("a split has no images: give each part at least one")
        finite = np.isfinite(self.images).reshape(len(self.images), -1).all(axis=1)
        if not finite.all():
            raise DataError(
                f"image {int(np.argmin(finite))} of a split has values that are NaN or infinite: "
                "leave it out or repair it"
            )
        if self.labels.min() < 0:
            raise DataError(
                f"label {self.labels.min()} in a split: labels are class indices, 0 or more"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Three disjoint parts: `train` fits, `validation` decides, `test` is only ever reported."""

    name: str
    train: Split
    validation: Split
    test: Split
    augmentation: Augmentation = Augmentation()

    def digest(self) -> str:
        """SHA-256 of everything a search may look at: the test part is left out on purpose."""
        sha = hashlib.sha256(repr((self.name, self.augmentation)).encode())
        for part in (self.train, self.validation):
            for array in (part.images, part.labels):
                sha.update(repr((array.shape, array.dtype.str)).encode())
                sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()


def stratified_splits(
    labels: NDArray[np.int64], fractions: tuple[float, ...], seed: int
) -> tuple[NDArray[np.int64], ...]:
    """Index arrays int64, one per fraction, sorted and disjoint, every class in the same shares.

    Per class the parts end at the rounded cumulative shares, so that they cover the class exactly.
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise SettingsError(f"split fractions must be positive and sum to 1, not {fractions}")
    generator = np.random.default_rng(seed)
    parts: list[list[NDArray[np.int64]]] = [[] for _ in fractions]
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        ends = np.rint(np.cumsum(fractions) * len(members)).astype(int)
        for part, piece in zip(parts, np.split(members, ends[:-1]), strict=True):
            part.append(piece)
    return tuple(np.sort(np.concatenate(part)) for part in parts)
