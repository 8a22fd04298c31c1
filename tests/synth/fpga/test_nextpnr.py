"""nextpnr as a program: found or not, its errors, and a small design placed for real."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga import nextpnr
from synth.fpga.devices import Device, device
from synth.fpga.mapping import Mapped, flip_flops, luts
from synth.fpga.nextpnr import place_and_route, version
from tests.synth.fpga.test_report import REPORT

FULL = "Unable to place cell 'x', no BELs remaining to implement cell type 'TRELLIS_COMB'"
FAILING = """
import sys
def fails(arguments):
    sys.stderr.write("Info: Packing things..\\nERROR: {message}\\nERROR: 1 more\\n")
    return 1
"""
WORKING = """
import sys
def works(arguments):
    for line in ("Packing x..", "Placed 1", "Routing..", "Packing again"):
        sys.stderr.write("Info: " + line + "\\n")
    open("arguments", "w").write(" ".join(arguments))
    open("report.json", "w").write({report!r})
    return 0
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a device whose nextpnr is a program of the test."""

    def make(text: str, program: str) -> Device:
        (tmp_path / "stand_in_nextpnr.py").write_text(text)
        monkeypatch.setattr(nextpnr, "version", lambda _: "0")
        usual = device("ecp5-25k")
        family = replace(usual.family, module="stand_in_nextpnr", program=program)
        return replace(usual, family=family)

    return make


def test_missing_nextpnr_is_told_with_its_cure() -> None:
    family = replace(device("ecp5-25k").family, module="yowasp_nextpnr_none")
    with pytest.raises(SynthesisToolError) as failure:
        version(family)
    assert str(failure.value) == (
        "yowasp-nextpnr-none is not installed: run `make fpga`, or pip install -c constraints.txt "
        "'.[fpga]'"
    )


def test_stages_are_told_and_do_not_go_back(stand_in, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    place_and_route(
        "grid",
        tmp_path / "netlist.json",
        stand_in(WORKING.format(report=json.dumps(REPORT)), "works"),
        seed=5,
        target_mhz=250.0,
        progress=lambda *stage: seen.append(stage),
    )
    assert list(dict.fromkeys(seen)) == [("pack", 0, 3), ("place", 1, 3), ("route", 2, 3)]
    assert seen[-1][0] == "route"
    arguments = (tmp_path / "arguments").read_text()
    assert arguments.startswith("--25k --speed 6 --package CABGA381 ")
    assert "--json netlist.json" in arguments
    assert "--seed 5 --freq 250" in arguments


@pytest.mark.parametrize(
    ("message", "error", "told"),
    [
        (FULL, DoesNotFitError, f"grid does not fit ecp5-25k: {FULL}"),
        ("bad wolf", SynthesisToolError, "nextpnr failed on grid: bad wolf"),
    ],
)
def test_a_failure_names_its_first_message_and_the_log(
    message: str, error: type[Exception], told: str, stand_in, tmp_path: Path
) -> None:
    failing = stand_in(FAILING.replace("{message}", message), "fails")
    with pytest.raises(error) as failure:
        place_and_route("grid", tmp_path / "netlist.json", failing, seed=1, target_mhz=100.0)
    assert str(failure.value) == f"{told} (log: {tmp_path / 'nextpnr.log'})"


def test_an_earlier_report_is_not_read(stand_in, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    silent = stand_in("def silent(arguments):\n    return 0\n", "silent")
    with pytest.raises(SynthesisToolError, match=r"^nextpnr wrote no report "):
        place_and_route("grid", tmp_path / "netlist.json", silent, seed=1, target_mhz=100.0)


def test_a_small_design_is_placed_and_routed(family_device: Device, mapped_grid: Mapped) -> None:
    family = family_device.family
    if find_spec(family.module) is None:
        pytest.skip(
            f"{family.distribution} is not installed: pip install -c constraints.txt '.[fpga]'"
        )
    placed = place_and_route("grid", mapped_grid.netlist, family_device, seed=1, target_mhz=400.0)
    used = luts(mapped_grid.design, family) + luts(mapped_grid.wrapper, family)
    # Cells that only carry, or lead a carry in and out, come on top of what Yosys counts.
    assert used <= placed.luts <= 1.25 * used
    assert (placed.block_rams, placed.dsps) == (0, 0)
    assert 20 < placed.fmax_mhz < 400
    assert placed.critical_path[1].startswith("design.")
    assert placed.utilization[family.logic][1] == family_device.luts
    if family.flip_flops in placed.utilization:
        cells = (mapped_grid.design, mapped_grid.wrapper)
        assert placed.utilization[family.flip_flops] == [
            sum(flip_flops(each, family) for each in cells),
            family_device.flip_flops,
        ]
