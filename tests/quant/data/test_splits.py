from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.data import Split, Splits, stratified_splits
from quant.errors import SettingsError


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
