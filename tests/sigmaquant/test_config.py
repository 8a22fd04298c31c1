import re
from pathlib import Path

import pytest

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
        ({"network": "alexnet"}, "--network: 'alexnet': input should be 'digits'"),
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
        ("sise_ratio = 0.4", "run.toml: sise_ratio: no such setting; known are network, size_rat"),
        ("size_ratio = ", "run.toml: not valid TOML"),
        ("seeds = [1, -2]", "run.toml: seeds: -2: input should be greater than or equal to 0"),
    ],
)
def test_a_bad_file_is_named_with_its_setting(tmp_path: Path, text: str, message: str):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        Configuration.load(toml(tmp_path, text), {})


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
