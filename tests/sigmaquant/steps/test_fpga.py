from pathlib import Path
from types import SimpleNamespace

import pytest

from sigmaquant import provenance
from sigmaquant.steps import fpga
from synth.designs import Design
from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga import flow
from tests.synth.fpga.records import record

TINY = Design(block="array", preset="tiny")


def computed(tmp_path: Path) -> fpga.FpgaResult:
    step = fpga.step(TINY, "ecp5-25k", dsp=True, seed=1)
    return step.compute(SimpleNamespace(folder=tmp_path, progress=None))  # pyright: ignore


def test_that_a_design_does_not_fit_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DoesNotFitError("array-tiny does not fit")

    monkeypatch.setattr(flow, "implement", refuse)
    result = computed(tmp_path)
    assert (result.record, result.reason) == (None, "array-tiny does not fit")


def test_that_a_tool_failed_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SynthesisToolError("nextpnr failed")

    monkeypatch.setattr(flow, "implement", fail)
    with pytest.raises(SynthesisToolError, match=r"^nextpnr failed$"):
        computed(tmp_path)


def test_the_record_is_stored_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "implement", lambda *_, **__: record())
    result = computed(tmp_path)
    assert result.record == record()
    assert fpga.FpgaResult.model_validate(result.model_dump(mode="json")) == result


def test_another_seed_or_design_is_another_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "version", lambda _: "0")
    engine = Design(block="engine", preset="tiny")
    steps = [
        fpga.step(TINY, "ecp5-25k", dsp=True, seed=1),
        fpga.step(TINY, "ecp5-25k", dsp=True, seed=2),
        fpga.step(TINY, "ecp5-25k", dsp=False, seed=1),
        fpga.step(TINY, "ecp5-45k", dsp=True, seed=1),
        fpga.step(engine, "ecp5-25k", dsp=True, seed=1),
    ]
    assert len({step.key() for step in steps}) == len(steps)
