"""The area command from end to end, on a unit of two multipliers and a library of a few cells."""

import json
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from sigmaquant import areas
from sigmaquant.area_config import AreaConfiguration
from sigmaquant.config import Configuration
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError
from sigmaquant.steps import synthesise
from tests.synth import small_library

UNIT = "unit-tiny_int8"


@pytest.fixture
def asked(tmp_path: Path) -> AreaConfiguration:
    library = tmp_path / "small.lib"
    library.write_text(small_library.text())
    flags = {"designs": UNIT, "periods": "0.5,4", "jobs": "1"}
    return AreaConfiguration.load({**flags, "liberty": library, "build": tmp_path / "build"})


def test_designs_at_several_periods_become_records_and_a_page(
    asked: AreaConfiguration, capsys: pytest.CaptureFixture[str]
):
    areas.run(asked, Console(RichConsole(width=200)), command="sigmaquant area", fresh=False)

    shown = capsys.readouterr().out
    fast, slow = json.loads((asked.build / areas.FILE).read_text())
    assert [fast["period_ns"], slow["period_ns"]] == [0.5, 4.0]
    assert fast["critical_path_ns"] < slow["critical_path_ns"] <= 4.0
    assert fast["area_um2"] > slow["area_um2"]
    # Half a nanosecond is too short for a multiplier of these cells: told, and in the table.
    assert f"note: {UNIT} misses 0.50 ns: its longest path takes " in shown
    for record, met in ((fast, "NO"), (slow, "yes")):
        row = (UNIT, f"{record['period_ns']:.2f}", f"{record['critical_path_ns']:.2f}", met)
        assert [line for line in shown.splitlines() if line.split()[:4] == list(row)]
    page = (asked.build / areas.PAGE).read_text()
    for text in ("<svg", UNIT, fast["netlist_sha256"], "sigmaquant area", f"{UNIT} misses"):
        assert text in page


def test_a_step_serves_synth_and_area(asked: AreaConfiguration):
    plain = asked.model_copy(update={"designs": ("array-edge", "engine-tiny"), "periods": ()})
    array, engine = areas.steps(plain)
    of_synth = synthesise.step(Configuration(liberty=asked.liberty, build=asked.build), "edge")

    assert (array.name, array.key()) == (of_synth.name, of_synth.key())
    assert (array.name, engine.name) == ("synth-edge", "synth-engine-tiny")
    assert [step.name for step in areas.steps(asked)] == [
        f"synth-{UNIT}-0.5ns",
        f"synth-{UNIT}-4ns",
    ]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"periods": "2,0"}, r"^--periods: input should be greater than 0$"),
        ({"periods": "2,2.0"}, r"^--periods: each period may be given once$"),
        ({"designs": f"{UNIT},{UNIT}"}, r"^--designs: each design may be given once$"),
        ({"designs": "array-huge"}, r"^--designs: preset of a design array must be one of tiny,"),
        ({"designs": "edge"}, r"^--designs: design must be one of unit, array, .*, not 'edge'$"),
    ],
)
def test_a_wrong_flag_is_named(flags: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        AreaConfiguration.load(flags)
