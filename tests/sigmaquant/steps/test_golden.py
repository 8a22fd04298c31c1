"""The exported network on the test split: accuracy, agreement, and news of the way there."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from quant.data import digits
from quant.input_codes import input_codes
from quant.integer_network import load
from sigmaquant.config import Configuration
from sigmaquant.results import ExportedNetwork
from sigmaquant.steps import engine, golden
from sigmaquant.steps.allocate import CLASSES, NETWORK
from sim.golden import classify


def test_the_whole_test_split_is_classed_in_batches(tmp_path: Path):
    network, test = load(engine.DIGITS_FOLDER), digits.load().test
    for name in NETWORK:
        (tmp_path / name).write_bytes((engine.DIGITS_FOLDER / name).read_bytes())
    expected = classify(network, input_codes(network, test.images))
    others = expected.copy()
    others[:9] += 1
    np.save(tmp_path / CLASSES, others)
    exported = ExportedNetwork(
        seed=1, mean_bits=3, size_ratio=0.375, weight_bytes=9, file_bytes=9, sha256=""
    )
    heard: list[tuple[int, int]] = []
    context = SimpleNamespace(
        folder_of=lambda _: tmp_path,
        result=lambda _: SimpleNamespace(network=exported),
        progress=lambda _, done, total: heard.append((done, total)),
    )
    found = golden._compute(Configuration(), None, context)  # pyright: ignore[reportArgumentType]
    assert found.test_images == len(test) == 450
    assert found.golden_accuracy == np.mean(expected == test.labels) > 0.9
    assert found.agreement == 1 - 9 / 450
    assert len(heard) > 1
    assert heard[-1] == (450, 450)
