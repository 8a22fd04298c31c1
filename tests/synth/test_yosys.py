import json
from pathlib import Path

import pytest

from synth import yosys
from synth.errors import SynthesisToolError
from synth.flow import Synthesis
from synth.liberty import Liberty
from synth.verify import check_netlist, total_area_um2
from synth.yosys import Step


def test_steps_are_reported_in_order(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    steps = [Step("first", ("design -reset",)), Step("second", ("log hello",))]
    log = yosys.run(steps, tmp_path, "run", lambda *step: seen.append(step))

    assert seen == [("first", 0, 2), ("second", 1, 2), ("second", 2, 2)]
    assert "hello" in log.read_text()


def test_failing_command_names_step_reason_and_log(tmp_path: Path) -> None:
    steps = [Step("fine", ("log fine",)), Step("broken", ("no_such_command",))]
    with pytest.raises(SynthesisToolError) as failure:
        yosys.run(steps, tmp_path, "run")

    assert str(failure.value) == (
        "Yosys failed at 'broken': No such command: no_such_command (type 'help' for a command "
        f"overview) (log: {tmp_path / 'run.log'})"
    )


@pytest.mark.parametrize("content", ["", "{}", '{"design": {}}', '{"design": {"area": "?"}}'])
def test_missing_area_is_an_error_not_zero(tmp_path: Path, content: str) -> None:
    statistics = tmp_path / "statistics.json"
    statistics.write_text(content)
    message = r"^Yosys reported no area in .*statistics\.json \(log: .*run\.log\)$"
    with pytest.raises(SynthesisToolError, match=message):
        total_area_um2(statistics, tmp_path / "run.log")


def test_missing_statistics_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SynthesisToolError, match=r"^Yosys reported no area in .*none\.json"):
        total_area_um2(tmp_path / "none.json", tmp_path / "run.log")


def test_yosys_counts_the_same_area(grid: Synthesis) -> None:
    statistics = json.loads((grid.netlist_file.parent / "statistics.json").read_text())

    assert statistics["design"]["area"] == pytest.approx(grid.area_um2)


def test_area_that_yosys_does_not_confirm_is_an_error(grid: Synthesis, small: Liberty) -> None:
    message = r"^top: Yosys counts [0-9.]+ um2 of small, the parts add up to [0-9.]+ \(log: "
    with pytest.raises(SynthesisToolError, match=message):
        check_netlist(grid.netlist_file, "top", grid.area_um2 + 1, small, grid.netlist_file.parent)
