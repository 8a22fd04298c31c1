import pickle
from pathlib import Path

import numpy as np
import pytest

from quant.data import cifar10
from quant.errors import DataError, SettingsError

EACH = 2  # images of each class in a batch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The six batches with a few random images each, the classes in a random order."""
    generator = np.random.default_rng(3)
    inner = tmp_path / cifar10.FOLDER
    inner.mkdir()
    for name in (*cifar10.TRAIN, cifar10.TEST):
        labels = generator.permutation(np.arange(10).repeat(EACH)).tolist()
        pixels = generator.integers(0, 256, (10 * EACH, 3072), dtype=np.uint8)
        (inner / name).write_bytes(pickle.dumps({b"data": pixels, b"labels": labels}, 4))
    return tmp_path


def test_parts_are_stratified_disjoint_and_complete(folder: Path) -> None:
    data = cifar10.load(folder, validation=30)
    assert np.bincount(data.train.labels).tolist() == [7] * 10
    assert np.bincount(data.validation.labels).tolist() == [3] * 10
    assert np.bincount(data.test.labels).tolist() == [EACH] * 10
    images = np.concatenate([data.train.images, data.validation.images, data.test.images])
    assert len(np.unique(images, axis=0)) == 60 * EACH
    assert images.dtype == np.float32
    assert (data.augmentation.crop, data.augmentation.flip) == (4, True)
    assert data.augmentation.border == pytest.approx((-2.118, -2.036, -1.804), abs=1e-3)


def test_images_are_normalised_plane_by_plane(folder: Path) -> None:
    content = pickle.loads((folder / cifar10.FOLDER / cifar10.TEST).read_bytes())
    test = cifar10.load(folder, validation=10).test
    assert test.labels.tolist() == content[b"labels"]
    pixels = content[b"data"].reshape(-1, 3, 32, 32)
    for image, plane, row, column in ((0, 0, 0, 1), (5, 1, 31, 0), (19, 2, 7, 9)):
        value = pixels[image, plane, row, column] / 255
        expected = (value - cifar10.MEAN[plane]) / cifar10.DEVIATION[plane]
        assert test.images[image, plane, row, column] == np.float32(expected)


def test_the_parts_stay_the_same_and_either_folder_will_do(folder: Path) -> None:
    first = cifar10.load(folder, validation=20)
    second = cifar10.load(folder / cifar10.FOLDER, validation=20)
    assert first.digest() == second.digest()


@pytest.mark.parametrize("validation", [-1, 0, 100, 5000])
def test_parts_without_images_are_refused(folder: Path, validation: int) -> None:
    match = rf"{validation} validation images of 100; take at least 1 and leave some"
    with pytest.raises(SettingsError, match=match):
        cifar10.load(folder, validation=validation)


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch"])
def test_missing_and_damaged_files_are_named(folder: Path, name: str) -> None:
    path = folder / cifar10.FOLDER / name
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=rf"{name}: not a batch of CIFAR-10"):
        cifar10.load(folder, validation=10)
    path.unlink()
    with pytest.raises(DataError, match=rf"{name}: no such file; unpack the python version"):
        cifar10.load(folder, validation=10)


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data_batch_1: no such file"):
        cifar10.load(tmp_path)
