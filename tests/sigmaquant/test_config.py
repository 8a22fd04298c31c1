import re
from dataclasses import fields
from pathlib import Path

import pytest

from quant.qat import QatSettings
from sigmaquant.allocation_config import TrainingSettings
from sigmaquant.config import Configuration
from sigmaquant.errors import ConfigurationError


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path: Path):
    file = toml(tmp_path, "size_ratio = 0.3\nseeds = [4, 5]\nimages = 16\n")
    configuration = Configuration.load(file, {"seeds": "7,8", "accuracy_drop": None})
    assert configuration.size_ratio == 0.3
    assert configuration.seeds == (7, 8)
    assert configuration.images == 16
    assert configuration.accuracy_drop == 0.01


def test_a_file_and_flags_mean_the_same(tmp_path: Path):
    file = toml(
        tmp_path,
        'size_ratio = 0.5\nseeds = [1]\nsimulator = "icarus"\nimages = 2\nliberty = "a.lib"\n',
    )
    flags = {
        "size_ratio": "0.5",
        "seeds": "1",
        "simulator": "icarus",
        "images": "2",
        "liberty": "a.lib",
    }
    assert Configuration.load(file, {}) == Configuration.load(None, flags)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"size_ratio": "1.5"}, "--size-ratio: '1.5': input should be less than or equal to 1"),
        ({"size_ratio": "much"}, "--size-ratio: 'much': input should be a valid number"),
        ({"accuracy_drop": "-1"}, "--accuracy-drop: '-1': input should be greater than or equal"),
        ({"seeds": "1,1"}, "--seeds: '1,1': each seed may be given once"),
        ({"seeds": "1,x"}, "--seeds: 'x': input should be a valid integer"),
        ({"seeds": ""}, "--seeds: .* at least 1 item"),
        ({"array": "huge"}, "--array: 'huge': engine preset must be one of tiny, edge"),
        ({"array": "edge_bricks"}, "--array: 'edge_bricks': engine preset must be one of tiny"),
        ({"baseline": "edge_int8_pe"}, "--baseline: 'edge_int8_pe': engine preset must be one of"),
        ({"array": "edge_int8"}, "--array: 'edge_int8': must be a shift-add array"),
        ({"baseline": "edge"}, "--baseline: 'edge': must be an INT8 array: one rate at every"),
        ({"baseline": "tiny_int8"}, "--baseline: .* does 8 MACs a cycle .* 'edge' does 384"),
        ({"simulator": "spice"}, "--simulator: 'spice': input should be 'verilator' or 'icarus'"),
        ({"images": "2.5"}, "--images: '2.5': input should be a valid integer"),
        (
            {"network": "alexnet"},
            "--network: 'alexnet': must be digits, resnet20, file.py:Name or file.pt2",
        ),
        ({"network": "net.py"}, "--network: 'net.py': must be digits, resnet20, file.py:Name or"),
        ({"network": "resnet20"}, "^network 'resnet20' needs data: give --data cifar10:FOLDER or"),
        ({"data": "cifar10"}, "--data: 'cifar10': must be digits, cifar10:FOLDER or arrays:FILE"),
        ({"data": "mnist:a"}, "--data: 'mnist:a': must be digits, cifar10:FOLDER or arrays:FILE"),
        ({"energy_nj": "3"}, "^a budget in energy needs the energy of one MAC .*: give --cost-tab"),
        ({"bops": "inf"}, "--bops: 'inf': input should be a finite number"),
        ({"cycles": "0"}, "--cycles: '0': input should be greater than 0"),
        ({"weight_bytes": "1.5"}, "--weight-bytes: '1.5': input should be a valid integer"),
        ({"mode": "quick"}, "--mode: 'quick': input should be 'measured' or 'published'"),
        ({"widths": "4,2"}, r"--widths: '4,2': must rise without repeats"),
        ({"widths": "2,9"}, "--widths: '9': input should be less than or equal to 8"),
        ({"layers": "conv1"}, "--pin: 'conv1': must be name=value, comma separated"),
        ({"layers": "a=8,a=4"}, "--pin: 'a=8,a=4': a may be given once"),
        ({"layers": "a=1"}, "--pin a bits: '1': input should be greater than or equal to 2"),
        ({"tied": "a"}, r"--tie: 'a': must be groups of two or more layers, as a\+b,c\+d, or cou"),
        ({"tied": "a+,b+c"}, r"--tie: 'a\+,b\+c': must be groups of two or more layers"),
        ({"qat": "bach=3"}, "--qat bach: no such setting; known are batch, rate, step_rate, "),
        ({"qat": "batch=few"}, "--qat batch: 'few': input should be a valid integer"),
        ({"size_ratio": "0", "images": "0"}, r"--size-ratio: .*\(and 1 more\)"),
    ],
)
def test_a_bad_flag_is_named_with_its_value(flags: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message) as caught:
        Configuration.load(None, flags)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size_ratio = 2", "run.toml: size_ratio: 2: input should be less than or equal to 1"),
        ("sise_ratio = 0.4", "run.toml: sise_ratio: no such setting; known are network, weights, "),
        ("size_ratio = ", "run.toml: not valid TOML"),
        (
            "layers.conv1.bits = 9",
            "run.toml: layers.conv1.bits: 9: input should be less than or eq",
        ),
        ("layers.conv1.bit = 8", "run.toml: layers.conv1.bit: no such setting; known are bits"),
        ("layers = 8", "run.toml: layers: 8: input should be a valid dictionary"),
        ('tied = [["a"]]', "run.toml: tied: [['a']]: must be groups of two or more layers"),
        ("tied = [1]", "run.toml: tied: [1]: must be groups of two or more layers"),
        ("qat.rate = 'fast'", "run.toml: qat.rate: 'fast': input should be a valid number"),
        ("seeds = [1, -2]", "run.toml: seeds: -2: input should be greater than or equal to 0"),
    ],
)
def test_a_bad_file_is_named_with_its_setting(tmp_path: Path, text: str, message: str):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Configuration.load(toml(tmp_path, text), {})


def test_layers_ties_and_training_are_spelled_alike(tmp_path: Path):
    text = """
        widths = [2, 3, 8]
        layers."layer1.0.conv1".bits = 8
        layers.linear.bits = 6
        tied = [["a", "b"], ["c", "d", "e"]]
        qat = { rate = 0.5, activations = false }
    """
    flags = {
        "widths": "2,3,8",
        "layers": "layer1.0.conv1=8, linear=6",
        "tied": "a+b,c+d+e",
        "qat": "rate=0.5,activations=false",
    }
    configuration = Configuration.load(None, flags)
    assert Configuration.load(toml(tmp_path, text), {}) == configuration
    assert configuration.pins == {"layer1.0.conv1": 8, "linear": 6}
    assert configuration.all_widths == (2, 3, 6, 8)
    assert configuration.tied == (("a", "b"), ("c", "d", "e"))
    assert configuration.qat.given() == {"rate": 0.5, "activations": False}
    assert Configuration.load(None, {"tied": "coupled"}).tied == "coupled"


def test_a_configuration_can_be_stored():
    flags = {"layers": "a=8", "tied": "coupled", "qat": "batch=3", "energy_nj": "2.5"}
    configuration = Configuration.load(None, flags | {"cost_table": "a.json"})
    assert Configuration.model_validate_json(configuration.model_dump_json()) == configuration


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        ({}, 0.40),
        ({"size_ratio": "0.3"}, 0.3),
        ({"weight_bytes": "100"}, None),
        ({"bops": "1e9"}, None),
        ({"cycles": "1000"}, None),
        ({"energy_nj": "5", "cost_table": "a.json"}, None),
        ({"cycles": "1000", "size_ratio": "0.5"}, 0.5),
    ],
)
def test_the_default_size_budget_gives_way_to_other_costs(
    flags: dict[str, str], size: float | None
):
    assert Configuration.load(None, flags).size_budget == size


def test_training_settings_are_those_of_the_room():
    assert list(TrainingSettings.model_fields) == [field.name for field in fields(QatSettings)]


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"none\.toml: no such configuration file"):
        Configuration.load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Configuration.load(tmp_path, {})


def test_a_binary_file_is_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        Configuration.load(path, {})


def test_a_configuration_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Configuration().size_ratio = 0.5  # pyright: ignore[reportAttributeAccessIssue]
