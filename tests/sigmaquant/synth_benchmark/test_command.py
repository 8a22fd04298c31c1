"""The comparison from end to end: the plan's designs made small, the digits for ResNet-20."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from hw.config import ENGINES, PRESETS, ArrayConfig
from quant.integer_network import load
from sigmaquant import benchmark, provenance, resnet20_plan
from sigmaquant.benchmark_config import SynthBenchmarkConfiguration
from sigmaquant.console import Console
from sigmaquant.errors import ConfigurationError
from sigmaquant.synth_benchmark import command, pictures, record
from sigmaquant.synth_benchmark.plan import (
    BEST_INT8,
    BRICKS,
    INT8_MACS,
    OURS,
    PLAIN_INT8,
    PLAN,
    SERIAL_MAC,
    Plan,
)
from synth import library_source, memories
from tests.synth import small_library

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

NETWORK = "resnet20 at 3.2 bits"
# One MAC a cycle at 8 bits, or a few: synthesised in seconds.
SMALL = {
    OURS: ArrayConfig(unit="pair_sum2", rows=1, columns=2, lanes=4),
    BEST_INT8[0]: ArrayConfig(unit="int8_booth", rows=1, columns=1, lanes=2),
    BEST_INT8[1]: ArrayConfig(unit="int8", rows=1, columns=1, lanes=2),
    PLAIN_INT8: ArrayConfig(unit="int8", rows=1, columns=2, lanes=1),
    BRICKS: ArrayConfig(unit="bricks", rows=1, columns=2, lanes=4),
}


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    for name, config in SMALL.items():
        monkeypatch.setitem(PRESETS, name, config)
    for name in (OURS, *BEST_INT8):
        engine = replace(
            ENGINES["tiny"], array=SMALL[name], activation_lines=512, weight_words=65536
        )
        monkeypatch.setitem(ENGINES, name, engine)
    stages = [
        replace(each, search_rounds=0, search_steps=1, epochs=0.1, seeds=(1,))
        for each in resnet20_plan.PLAN.stages
    ]
    digits = replace(
        resnet20_plan.PLAN,
        network="digits",
        targets=resnet20_plan.PLAN.targets[:1],
        stages=tuple(stages),
        code_images=4,
        golden_slack=0.1,
    )
    monkeypatch.setattr(resnet20_plan, "PLAN", digits)
    monkeypatch.setitem(memories.NODES_NM, "small", 45.0)
    return replace(
        PLAN,
        arrays=tuple(SMALL),
        macs=(SERIAL_MAC, *INT8_MACS),
        layers=("classifier",),
        budgets=(3.2,),
        curve=(OURS,),
        curve_carries=(64,),
        key=(OURS, BEST_INT8[0]),
        key_budget=3.2,
    )


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(pictures, "PICTURES", tmp_path / "docs")
    (tmp_path / "small.lib").write_text(small_library.text())
    other = tmp_path / "other.lib"
    other.write_text(small_library.text().replace("library (small)", "library (other)", 1))
    located = library_source.locate
    monkeypatch.setattr(
        library_source,
        "locate",
        lambda liberty, *rest: other if liberty is None else located(liberty, *rest),
    )
    return tmp_path


def test_two_libraries_of_one_name_are_refused_at_once(house: Path, plan: Plan):
    text = small_library.text().replace("library (small)", "library (osu018_stdcells)", 1)
    (house / "small.lib").write_text(text)
    asked = SynthBenchmarkConfiguration(jobs=1, build=house / "build", liberty=house / "small.lib")
    message = r"small\.lib calls itself osu018_stdcells as the default library does"
    with pytest.raises(ConfigurationError, match=message):
        command.run(asked, plan, Console(RichConsole(width=200)), fresh=False)
    assert not (house / "build" / "steps").exists()


def test_the_plan_becomes_a_record_with_pictures(
    house: Path, plan: Plan, capsys: pytest.CaptureFixture[str]
):
    asked = SynthBenchmarkConfiguration(jobs=1, build=house / "build", liberty=house / "small.lib")
    command.run(asked, plan, Console(RichConsole(width=200)), fresh=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "area at the mix best INT8 array" in shown
    made, figures = record.read()
    assert made["command"] == "sigmaquant benchmark synth --liberty small.lib"
    assert str(house) not in str(made)
    assert list(figures.libraries) == ["small", "other"]
    assert set(figures.main.inference) == {NETWORK, "digits"}
    assert set(figures.libraries["other"].designs) == {*SMALL, *plan.macs}
    assert set(figures.libraries["other"].inference) == {NETWORK}
    image = figures.main.inference[NETWORK][OURS]
    assert image.engine
    assert image.memory_nj is not None
    assert all(bar.value for bar in figures.bars)
    serial = figures.main.designs[SERIAL_MAC]
    assert 1 <= serial.cycles_per_mac["8"] < 8
    assert load(house / "build" / "networks" / "resnet20-3.2bits").name.startswith("digits-")
    drawn = list((house / "docs").glob("*.svg"))
    assert len(drawn) == 4
    for path in drawn:
        assert provenance.file_sha256(path) == made["inputs"][f"picture {path.stem}"]
