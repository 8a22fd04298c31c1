"""The demo's simulation: which images run on which engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quant.integer_network import load
from sigmaquant.config import Configuration
from sigmaquant.steps import engine, simulate
from sim import engine_simulate


def test_the_first_test_images_run_on_the_engine_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network = load(engine.DIGITS_FOLDER)
    images: list[np.ndarray] = []
    asked: list[tuple[int, Path, str]] = []

    def run(_network, image, config, *, build, simulator, progress):
        progress("simulate operations", 1, 1)
        images.append(image)
        asked.append((config.array.columns, build, simulator))
        return len(images)

    monkeypatch.setattr(engine_simulate, "simulate_engine", run)
    monkeypatch.setattr(simulate, "simulated", lambda _network, name, first: (name, first))
    configuration = Configuration(images=2, array="tiny", baseline="tiny_int8")
    first = simulate._simulate(configuration, network, tmp_path, lambda *_: None)
    assert first == ("tiny", 1)
    assert asked == [(4, tmp_path, "verilator")] * 2
    assert images[0].shape == network.tensors[network.input].shape
    assert len(images) == 2
    assert not np.array_equal(images[0], images[1])
