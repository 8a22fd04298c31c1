from pathlib import Path

import numpy as np
import pytest

from quant.data import Split, Splits
from sigmaquant import data_source
from sigmaquant.allocation_config import AllocationConfiguration
from sigmaquant.errors import ConfigurationError


def splits(count: int, side: int) -> Splits:
    part = Split(
        images=np.zeros((count, 1, side, side), np.float32), labels=np.zeros(count, np.int64)
    )
    return Splits(name="zeros", train=part, validation=part, test=part)


def arrays(path: Path, value: float) -> AllocationConfiguration:
    images = np.full((2, 1, 3, 3), value, np.float32)
    content = {}
    for part in ("train", "validation", "test"):
        content |= {f"{part}_images": images, f"{part}_labels": np.arange(2)}
    np.savez(path, **content)
    return AllocationConfiguration(data=f"arrays:{path}")


def test_digits_come_by_themselves():
    configuration = AllocationConfiguration()
    assert data_source.load(configuration).name.startswith("digits")
    assert data_source.describe(configuration) == {"kind": "digits", "files": {}}


def test_arrays_are_read_and_known_by_their_content(tmp_path: Path):
    one = arrays(tmp_path / "a.npz", 1.0)
    assert data_source.load(one).test.images[0, 0, 0, 0] == 1
    before = data_source.describe(one)
    (tmp_path / "elsewhere").mkdir()
    moved = arrays(tmp_path / "elsewhere" / "a.npz", 1.0)
    assert data_source.describe(moved) == before
    arrays(tmp_path / "a.npz", 2.0)
    assert data_source.describe(one) != before


def test_every_batch_of_cifar10_is_part_of_what_it_is(tmp_path: Path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    for name in names:
        (folder / name).write_text(name)
    configuration = AllocationConfiguration(data=f"cifar10:{tmp_path}")
    described = data_source.describe(configuration)
    assert list(described["files"]) == names  # pyright: ignore[reportArgumentType]
    assert data_source.describe(AllocationConfiguration(data=f"cifar10:{folder}")) == described
    (folder / "data_batch_3").write_text("other")
    assert data_source.describe(configuration) != described
    (folder / "test_batch").unlink()
    with pytest.raises(ConfigurationError, match="test_batch: no such file"):
        data_source.describe(configuration)


@pytest.mark.parametrize(
    ("count", "side", "large"),
    [(2, 16, False), (2, 17, True), (10_000, 1, False), (10_001, 1, True)],
)
def test_data_is_large_by_its_images_or_their_number(count: int, side: int, large: bool):
    assert data_source.is_large(splits(count, side)) is large
