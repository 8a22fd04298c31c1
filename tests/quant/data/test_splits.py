from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from quant.data import Augmentation, Split, Splits, stratified_splits
from quant.errors import DataError, SettingsError


@given(st.lists(st.integers(0, 4), min_size=20, max_size=200), st.integers(0, 99))
def test_parts_cover_everything_once_with_equal_shares(labels: list[int], seed: int) -> None:
    array = np.array(labels, dtype=np.int64)
    parts = stratified_splits(array, (0.5, 0.3, 0.2), seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(array)))
    for label in np.unique(array):
        count = np.sum(array == label)
        for part, share in zip(parts, (0.5, 0.3, 0.2), strict=True):
            assert abs(np.sum(array[part] == label) - share * count) <= 1


@pytest.mark.parametrize("fractions", [(0.5, 0.6), (1.2, -0.2)])
def test_fractions_must_be_shares(fractions: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match="must be positive and sum to 1, not"):
        stratified_splits(np.zeros(4, dtype=np.int64), fractions, 0)


def test_digest_sees_training_and_validation_but_never_the_test_part() -> None:
    part = Split(images=np.zeros((2, 1, 2, 2), np.float32), labels=np.zeros(2, np.int64))
    other = Split(images=part.images + 1, labels=part.labels)
    data = Splits(name="x", train=part, validation=part, test=part)
    assert replace(data, test=other).digest() == data.digest()
    assert replace(data, train=other).digest() != data.digest()
    assert replace(data, validation=other).digest() != data.digest()


def test_digest_tells_augmentations_apart() -> None:
    part = Split(images=np.zeros((2, 1, 2, 2), np.float32), labels=np.zeros(2, np.int64))
    settings = Augmentation(rotation=12.0, shift=0.8, zoom=0.1)
    data = Splits(name="x", train=part, validation=part, test=part, augmentation=settings)
    changes = ({}, {"crop": 4}, {"flip": True}, {"zoom": 0}, {"border": (0.5,)})
    others = [replace(settings, **change) for change in changes]
    assert len({replace(data, augmentation=other).digest() for other in others}) == 5


IMAGES, LABELS = np.zeros((3, 1, 2, 2), np.float32), np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("images", "labels", "match"),
    [
        (IMAGES, LABELS[:2], "a split has 3 images and 2 labels"),
        (IMAGES[:0], LABELS[:0], "a split has no images"),
        (np.where(np.arange(3).reshape(3, 1, 1, 1) == 1, np.nan, IMAGES), LABELS, "image 1 of a"),
        (np.where(np.arange(3).reshape(3, 1, 1, 1) == 2, np.inf, IMAGES), LABELS, "image 2 of a"),
        (IMAGES, LABELS - 1, "label -1 in a split: labels are class indices"),
    ],
)
def test_splits_that_nothing_can_be_learned_from(
    images: NDArray[np.float32], labels: NDArray[np.int64], match: str
) -> None:
    with pytest.raises(DataError, match=match):
        Split(images=images, labels=labels)
