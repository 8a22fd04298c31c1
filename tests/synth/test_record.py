import json
from dataclasses import replace
from pathlib import Path

import pytest

from hw.config import preset
from synth import record as record_module
from synth.designs import Design
from synth.errors import SynthesisInputError
from synth.flow import Synthesis
from synth.liberty import Liberty
from synth.memories import MemoryArea
from synth.record import AreaRecord, mapped_design, mix_macs_per_cycle

MIX = {2: 20, 4: 40, 6: 25, 8: 15}


@pytest.fixture(scope="module")
def tiny(small: Liberty, synthesis_build: Path) -> AreaRecord:
    return mapped_design(Design(block="array", preset="tiny"), small, synthesis_build).record


def test_record_adds_up(tiny: AreaRecord, small: Liberty) -> None:
    own = sum(part.instances * part.area_um2 for part in tiny.parts)
    cells = sum(n * small.area_um2(cell) for cell, n in tiny.cells.items())

    assert tiny.area_um2 == pytest.approx(own + tiny.buffer_area_um2)
    assert tiny.area_um2 == pytest.approx(cells)
    assert tiny.nand2_equivalents == pytest.approx(tiny.area_um2 / 2.0)
    assert 0 < tiny.sequential_area_um2 < tiny.area_um2
    assert tiny.critical_path_ns > 0
    assert tiny.liberty["sha256"] == small.sha256
    assert len(tiny.netlist_sha256) == 64


def test_units_are_told_apart_with_their_number(tiny: AreaRecord) -> None:
    units = [part for part in tiny.parts if "TwoPlaneUnit" in part.name]

    assert [part.instances for part in units] == [preset("tiny").units]


def test_area_per_rate(tiny: AreaRecord) -> None:
    figures = tiny.area_per_mac_cycle(MIX)

    assert list(figures) == ["2", "4", "6", "8", "mix"]
    for bits in (2, 4, 6, 8):
        rate = preset("tiny").macs_per_cycle(bits)
        assert figures[str(bits)] == pytest.approx(tiny.area_um2 / rate)
    beats = preset("tiny").datapath.beats
    cycles_per_mac = sum(macs * beats(bits) for bits, macs in MIX.items()) / sum(MIX.values())
    lanes = preset("tiny").units * preset("tiny").lanes
    assert figures["mix"] == pytest.approx(tiny.area_um2 * cycles_per_mac / lanes)


def test_configuration_comes_back_from_the_record(tiny: AreaRecord) -> None:
    assert AreaRecord.from_json(tiny.to_json()).config == preset("tiny")


def test_configuration_without_a_preset() -> None:
    config = replace(preset("tiny"), columns=2)
    design = Design(block="array", preset="narrow", configuration=config)

    assert (design.name, design.config) == ("array-narrow", config)
    assert design.rtlil() != Design(block="array", preset="tiny").rtlil()


@pytest.mark.parametrize("mix", [{}, {4: 0}, {2: -1, 4: 2}])
def test_mix_without_work_is_refused(mix: dict[int, int]) -> None:
    with pytest.raises(SynthesisInputError, match=r"^a mix needs multiply-accumulates at some"):
        mix_macs_per_cycle(preset("tiny"), mix)


def test_record_survives_json(tiny: AreaRecord) -> None:
    assert AreaRecord.from_json(json.loads(json.dumps(tiny.to_json()))) == tiny


def test_second_run_reads_the_record(
    tiny: AreaRecord, small: Liberty, synthesis_build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("synthesised again")

    monkeypatch.setattr(record_module, "synthesise", refuse)
    again = mapped_design(Design(block="array", preset="tiny"), small, synthesis_build)
    assert again.record == tiny
    other = replace(small, sha256="0" * 64)
    with pytest.raises(AssertionError, match="synthesised again"):
        mapped_design(Design(block="array", preset="tiny"), other, synthesis_build)


def test_a_unit_has_the_rate_of_its_place(small: Liberty, synthesis_build: Path) -> None:
    unit = mapped_design(Design(block="unit", preset="tiny"), small, synthesis_build).record
    array = preset("tiny")

    assert unit.macs_per_cycle["4"] == array.macs_per_cycle(4) / array.units
    mix = mix_macs_per_cycle(array, MIX) / array.units
    assert unit.area_per_mac_cycle(MIX)["mix"] == pytest.approx(unit.area_um2 / mix)
    assert (unit.memories, unit.critical_path_with_memories_ns) == ([], None)


def test_memories_are_beside_the_cells_of_a_record(
    lookup: Synthesis, small: Liberty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = MemoryArea(
        name="tables", count=2, words=8, bits=32, area_um2=500.0, access_ns=5.0, reason=""
    )

    def synthesise(_text: str, _top: str, _liberty: Liberty, folder: Path, *_: object) -> Synthesis:
        folder.mkdir(parents=True)
        return lookup

    monkeypatch.setattr(record_module, "synthesise", synthesise)
    monkeypatch.setattr(record_module, "memory_areas", lambda *_: [slow])
    record = mapped_design(Design(block="array", preset="tiny"), small, tmp_path).record

    assert record.memories == [slow]
    assert set(record.cells) <= set(small.cells)
    assert record.area_um2 == lookup.area_um2
    assert record.critical_path_with_memories_ns is not None
    assert 5.0 < record.critical_path_with_memories_ns <= 5.0 + record.critical_path_ns
    assert AreaRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_the_netlist_is_stored_with_its_record(
    tiny: AreaRecord, small: Liberty, synthesis_build: Path
) -> None:
    mapped = mapped_design(Design(block="array", preset="tiny"), small, synthesis_build)
    assert mapped.record == tiny
    netlist = mapped.netlist()
    assert dict(sorted(netlist.cells.items())) == tiny.cells
    assert netlist.area_um2(small) == pytest.approx(tiny.area_um2)
