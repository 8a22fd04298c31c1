import numpy as np

from quant.data import digits


def test_shares_shapes_and_range() -> None:
    data = digits.load()
    assert [len(part) for part in (data.train, data.validation, data.test)] == [1078, 269, 450]
    for part in (data.train, data.validation, data.test):
        assert part.images.shape == (len(part), 1, 8, 8)
        assert part.images.dtype == np.float32
        assert part.labels.dtype == np.int64
        assert part.images.min() == 0
        assert part.images.max() == 1
        assert len(np.unique(part.labels)) == digits.CLASSES


def test_parts_are_disjoint_images() -> None:
    data = digits.load()
    seen = [
        {image.tobytes() for image in part.images}
        for part in (data.train, data.validation, data.test)
    ]
    assert sum(map(len, seen)) == 1797
    assert len(set.union(*seen)) == 1797


def test_the_seed_fixes_the_split() -> None:
    assert digits.load(seed=7).digest() == digits.load(seed=7).digest()
    assert digits.load(seed=7).digest() != digits.load(seed=8).digest()
