"""Figures out of nextpnr's report: there, or an error."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import SynthesisToolError
from synth.fpga.devices import device
from synth.fpga.report import read_report

CLOCK = "$glbnet$clk"
REPORT: dict[str, Any] = {
    "critical_paths": [
        {"from": "<async>", "to": f"posedge {CLOCK}", "path": []},
        {
            "from": f"posedge {CLOCK}",
            "to": f"posedge {CLOCK}",
            "path": [
                {"from": {"cell": "design.a"}, "to": {"cell": "design.a"}, "type": "clk-to-q"},
                {"from": {"cell": "design.a"}, "to": {"cell": "design.b"}, "type": "setup"},
            ],
        },
    ],
    "fmax": {CLOCK: {"achieved": 101.25, "constraint": 400}},
    "utilization": {
        "TRELLIS_COMB": {"available": 24288, "used": 1790},
        "TRELLIS_RAMW": {"available": 3036, "used": 5},
        "DP16KD": {"available": 56, "used": 3},
        "MULT18X18D": {"available": 28, "used": 2},
        "DCUA": {"available": 2, "used": 0},
    },
}
ICE40 = {
    "ICESTORM_LC": {"available": 7680, "used": 900},
    "ICESTORM_RAM": {"available": 32, "used": 1},
}
ICE40_LOG = "Info: Packing non-LUT FFs..\nInfo:      378 LCs used as DFF only\n"


def read(tmp_path: Path, report: dict[str, Any], name: str = "ecp5-25k", log: str = ""):
    (tmp_path / "nextpnr.log").write_text(log)
    (tmp_path / "report.json").write_text(json.dumps(report))
    return read_report(tmp_path / "report.json", tmp_path / "nextpnr.log", device(name))


def test_figures_of_a_report(tmp_path: Path) -> None:
    placed = read(tmp_path, REPORT)
    assert (placed.luts, placed.block_rams, placed.dsps) == (1800, 3, 2)
    assert placed.fmax_mhz == 101.25
    assert placed.critical_path == ["design.a", "design.b"]
    assert placed.utilization["DP16KD"] == [3, 56]
    assert "DCUA" not in placed.utilization


def test_a_logic_cell_with_a_flip_flop_alone_is_no_lut(tmp_path: Path) -> None:
    placed = read(tmp_path, REPORT | {"utilization": ICE40}, "ice40-hx8k", ICE40_LOG)
    assert (placed.luts, placed.block_rams, placed.dsps) == (900 - 378, 1, 0)


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        (("utilization", "TRELLIS_COMB"), "the number of TRELLIS_COMB"),
        (("utilization", "DP16KD"), "the number of DP16KD"),
        (("utilization", "MULT18X18D"), "the number of MULT18X18D"),
        (("utilization", "DP16KD", "used"), "KeyError: 'used'"),
        (("utilization",), "KeyError: 'utilization'"),
        (("fmax", CLOCK), r"the frequency of one clock \(it has 0\)"),
        (("critical_paths", 1), "the longest path"),
    ],
)
def test_a_missing_figure_is_an_error_not_zero(
    path: tuple[str | int, ...], missing: str, tmp_path: Path
) -> None:
    report = copy.deepcopy(REPORT)
    inner: Any = report
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    message = rf"^nextpnr's report .*report\.json lacks {missing} \(log: .*nextpnr\.log\)$"
    with pytest.raises(SynthesisToolError, match=message):
        read(tmp_path, report)


def test_figures_that_the_log_has_must_be_there(tmp_path: Path) -> None:
    message = r"lacks in its log the number of LCs used as DFF only \(log: "
    with pytest.raises(SynthesisToolError, match=message):
        read(tmp_path, REPORT | {"utilization": ICE40}, "ice40-hx8k")


def test_no_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SynthesisToolError, match=r"^nextpnr wrote no report .*none\.json \(log: "):
        read_report(tmp_path / "none.json", tmp_path / "log", device("ecp5-25k"))
