"""What an exploration can be asked for."""

from pathlib import Path

import pytest

from sigmaquant.errors import ConfigurationError
from sigmaquant.explore_config import ExploreConfiguration


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"units": "pair_sum2,magic"}, "--units: .* 'magic' is none of pair_sum2, pair_sum, boo"),
        ({"units": ""}, "--units: \\[\\]: tuple should have at least 1 item"),
        ({"presets": "huge"}, "--presets: 'huge': preset must be one of tiny, edge"),
        ({"rows": "2,2"}, "--rows: '2,2': each may be given once"),
        ({"rows": "0"}, "--rows: '0': input should be greater than or equal to 1"),
        ({"columns": "512"}, "--columns: '512': input should be less than or equal to 256"),
        ({"lanes": "many"}, "--lanes: 'many': input should be a valid integer"),
        ({"peak": "0"}, "--peak: '0': input should be greater than 0"),
        ({"energy_cycles": "0"}, "--energy-cycles: '0': input should be greater than or equal"),
        ({"array": "edge_int8"}, "--array: 'edge_int8': must be a shift-add array"),
    ],
)
def test_wrong_flags_are_named(flags: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        ExploreConfiguration.load(None, flags)


def test_the_peak_is_that_of_the_preset_unless_another_is_given():
    assert ExploreConfiguration.load(None, {}).common_peak == 384
    assert ExploreConfiguration.load(None, {"array": "tiny"}).common_peak == 8
    assert ExploreConfiguration.load(None, {"array": "tiny", "peak": "16"}).common_peak == 16


def test_a_file_may_hold_the_settings(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text('rows = [2, 4]\npresets = []\nnetwork_folder = "here"\n')
    asked = ExploreConfiguration.load(file, {"rows": "8"})
    assert asked.rows == (8,)
    assert asked.presets == ()
    assert asked.network_folder == Path("here")
