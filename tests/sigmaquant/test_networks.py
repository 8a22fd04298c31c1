"""The networks command: what can be asked for, and what it leaves."""

import json
from pathlib import Path

import pytest

from hw.config import engine_preset
from sigmaquant import cli, networks
from sigmaquant.engine_results import EngineLayer, EngineNetwork, EngineRecord
from sigmaquant.errors import ConfigurationError
from sigmaquant.networks import DEFAULT, NetworksConfiguration
from sigmaquant.run_directory import RunDirectory


def result(name: str, simulated: int) -> EngineNetwork:
    layer = EngineLayer(
        name="conv1",
        kind="convolution",
        mapping="dense",
        bits=4,
        macs=4096,
        cycles=20,
        cycles_model=40,
        cycles_simulated=40,
        utilization=0.8,
        bound="fill",
        counters={"steps": 16},
    )
    return EngineNetwork(
        network=name,
        engine="tiny",
        config={},
        activation_word_bytes=8,
        weight_word_bytes=8,
        macs=4096,
        weights=16,
        mean_bits=4.0,
        cycles_model=60,
        cycles_simulated=simulated,
        bit_exact=True,
        utilization=0.8,
        utilization_overall=0.5,
        layers=[layer],
    )


@pytest.mark.parametrize(
    ("flag", "value", "complaint"),
    [
        ("networks", "vgg", "--networks: 'vgg' is none of digits, resnet8, resnet20, ds_cnn, "),
        ("networks", "resnet8:9", "--networks: 'resnet8:9': bits are 2..8, and digits has its own"),
        ("networks", "digits:4", "--networks: 'digits:4': bits are 2..8, and digits has its own"),
        ("networks", "resnet8,resnet8", "--networks: each network may be given once"),
        ("engine", "huge", "--engine: engine preset must be one of "),
        ("simulator", "vcs", "--simulator: input should be 'verilator' or 'icarus'"),
    ],
)
def test_wrong_flags_are_named(flag: str, value: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        NetworksConfiguration.load({flag: value})
    assert str(raised.value).lower().startswith(complaint.lower())


def test_default_is_what_the_record_needs() -> None:
    assert NetworksConfiguration.load({"engine": None}).networks == DEFAULT
    assert NetworksConfiguration().engine == "edge"


def test_record_and_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(RunDirectory, "run", lambda _, *steps: asked.extend(s.name for s in steps))
    monkeypatch.setattr(RunDirectory, "result", lambda _, step: result(step.name, 60))
    arguments = ["networks", "--networks", "digits,resnet8,resnet20:4", "--engine", "tiny"]
    assert cli.main([*arguments, "--build", str(tmp_path)]) == 0
    assert asked == ["engine-tiny-digits", "engine-tiny-resnet8_mix", "engine-tiny-resnet20_4bit"]
    record = EngineRecord.model_validate(json.loads((tmp_path / networks.FILE).read_text()))
    assert list(record.networks) == asked
    assert record.command.startswith("sigmaquant networks --networks digits,")
    assert "cocotbext-axi" in record.versions
    shown = capsys.readouterr().out
    assert "= 60" in shown
    assert "80.0" in shown


def test_table_shows_where_model_and_simulation_part() -> None:
    rows = networks.table([result("one", 60), result("two", 61)]).rows
    assert [row[3] for row in rows] == ["= 60", "≠ 61"]


def test_a_preset_of_another_configuration_is_another_step() -> None:
    steps = [networks.engine.compile_step(name, "verilator") for name in ("tiny", "edge")]
    assert steps[0].key() != steps[1].key()
    assert steps[0].inputs["engine"]["weight_words"] == engine_preset("tiny").weight_words
