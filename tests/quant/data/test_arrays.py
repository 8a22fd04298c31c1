"""Data of one's own: what is stored comes back, and what is wrong is named."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from quant.data.arrays import PARTS, load
from quant.errors import DataError


def arrays(count: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    images = {
        f"{part}_images": rng.normal(size=(count, 2, 3, 5)).astype(np.float32) for part in PARTS
    }
    return images | {f"{part}_labels": np.arange(count, dtype=np.int32) for part in PARTS}


def stored(tmp_path: Path, **changes: object) -> Path:
    """The file with arrays changed, or left out where the change is None."""
    path = tmp_path / "mine.npz"
    content = {name: value for name, value in (arrays() | changes).items() if value is not None}
    np.savez(path, **content)  # pyright: ignore[reportArgumentType]
    return path


def test_what_was_stored_is_what_is_read(tmp_path: Path):
    splits = load(stored(tmp_path))
    for part in PARTS:
        split = getattr(splits, part)
        np.testing.assert_array_equal(split.images, arrays()[f"{part}_images"])
        assert split.images.dtype == np.float32
        assert split.labels.dtype == np.int64
        assert split.labels.tolist() == [0, 1, 2, 3]
    assert splits.name == "arrays"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_labels": None}, r"mine.npz: no array 'test_labels'; it has train_images, .*"),
        (
            {"train_images": np.zeros((4, 2, 3, 5))},
            r"train_images is float64\[4, 2, 3, 5\], it must be float32\[N, C, H, W\]",
        ),
        ({"train_images": np.zeros((4, 2), np.float32)}, r"train_images is float32\[4, 2\], it"),
        ({"test_labels": np.zeros(4)}, r"test_labels is float64\[4\], it must be integers \[N\]"),
        ({"test_labels": np.zeros((4, 1), int)}, r"test_labels is int64\[4, 1\], it must be int"),
        ({"test_labels": np.zeros(3, int)}, r"mine.npz, test: a split has 4 images and 3 labels"),
        (
            {"test_images": np.zeros((4, 2, 4, 5), np.float32)},
            r"images of different shapes: .*'test': \(2, 4, 5\)}; give all parts one",
        ),
        (
            {"train_images": np.full((4, 2, 3, 5), np.nan, np.float32)},
            "mine.npz, train: image 0 of a split has values that are NaN",
        ),
        ({"test_labels": np.array([None] * 4)}, "mine.npz: not an .npz file of plain arrays"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, object], message: str):
    with pytest.raises(DataError, match=message) as caught:
        load(stored(tmp_path, **changes))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"none.npz: no such file of images; numpy.savez makes one"):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize("content", [b"", b"text", pickle.dumps([1, 2]), b"PK\x03\x04 broken"])
def test_another_file_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"other.npz: not an .npz file of plain arrays"):
        load(path)


def test_a_single_array_is_refused(tmp_path: Path):
    path = tmp_path / "one.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(DataError, match=r"one.npy: not an .npz file of plain arrays"):
        load(path)
