"""Stimulus folders of the engine: what is read is what was written."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from compiler.memory import Placement
from sim.testbench.engine_stimulus import EngineRun, EngineStimulus, read, write

TENSOR = Placement(name="sum", shape=(3, 2, 2), pixel_bytes=4, pitch=1, lines=1, base=7)
LOGITS = Placement(name="logits", shape=(10,), pixel_bytes=12, pitch=1, lines=1, base=0)


def example() -> EngineStimulus:
    rng = np.random.default_rng(3)
    runs = tuple(
        EngineRun(
            name=f"run of {tensor.name}",
            program=(1, 2**32 - 1, index),
            result=tensor,
            codes=rng.integers(0, 256, tensor.shape, dtype=np.uint8),
            counters={"cycles": 100 + index, "steps": 5},
        )
        for index, tensor in enumerate((TENSOR, LOGITS))
    )
    words = [rng.integers(0, 2**32, size, dtype=np.uint32) for size in (5, 3, 4)]
    return EngineStimulus(
        configuration=0xDEADBEEF,
        weights=words[0],
        parameters=words[1],
        image=words[2],
        input=TENSOR,
        runs=runs,
        stalls=True,
    )


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    written = example()
    write(written, tmp_path / "stimulus")
    got = read(tmp_path / "stimulus")
    for name in ("weights", "parameters", "image"):
        np.testing.assert_array_equal(getattr(got, name), getattr(written, name))
        assert getattr(got, name).dtype == np.uint32
    for name in ("configuration", "input", "stalls"):
        assert getattr(got, name) == getattr(written, name)
    for one, other in zip(got.runs, written.runs, strict=True):
        np.testing.assert_array_equal(one.codes, other.codes)
        for field in fields(EngineRun):
            if field.name != "codes":
                assert getattr(one, field.name) == getattr(other, field.name)
