import json

import pytest

from quant.allocator import AllocatorSettings
from quant.errors import SettingsError
from quant.qat import QatSettings


def test_json_round_trip() -> None:
    settings = AllocatorSettings(
        size=0.5,
        widths=(2, 3, 8),
        pins={"conv": 8},
        tied=(("a", "b"),),
        qat=QatSettings(rate=0.01),
    )
    assert AllocatorSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (
            {"size": 0.2},
            r"size 0\.2 of INT8 is out of reach: with every layer at 2 bits it is 0\.25",
        ),
        ({"size": 0.3, "widths": (4, 8)}, r"with every layer at 4 bits it is 0\.5"),
        ({"size": 1.2}, r"size 1\.2 of INT8 is out of reach"),
        ({"size": float("nan")}, "size nan of INT8 is out of reach"),
        ({"accuracy_drop": -0.1}, r"accuracy_drop must be in 0\.\.1, not -0\.1"),
        ({"accuracy_drop": 1.0}, r"accuracy_drop must be in 0\.\.1, not 1\.0"),
        ({"widths": (4, 2)}, r"widths must rise without repeats, not \(4, 2\)"),
        ({"widths": ()}, r"widths must rise without repeats, not \(\)"),
        ({"widths": (1, 8)}, r"widths must lie in 2\.\.8, not \(1, 8\)"),
        ({"widths": (2, 16)}, r"widths must lie in 2\.\.8, not \(2, 16\)"),
        ({"size_buffer": -1.0}, r"size_buffer must be 0 or more, not -1\.0"),
        ({"cluster_rounds": 0}, "cluster_rounds must be 1 or more, not 0"),
        ({"widths": (2, 4.5, 8)}, r"widths must be integers, not \(2, 4\.5, 8\)"),
        ({"refine_rounds": 1.5}, r"refine_rounds must be an integer, not 1\.5"),
        ({"mode": "best"}, "mode must be measured or published, not 'best'"),
        ({"metrics": ("output_kl", "luck")}, r"metrics must be some of .*, not \['luck'\]"),
        ({"metrics": ()}, "metrics must be some of .*, not none"),
        ({"patience": True}, "patience must be an integer, not True"),
        ({"final_epochs": -1}, "final_epochs must be 0 or more, not -1"),
    ],
)
def test_values_out_of_range(values: dict[str, object], match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        AllocatorSettings(**values)  # pyright: ignore[reportArgumentType]


def test_json_of_other_settings() -> None:
    record = AllocatorSettings().to_json()
    with pytest.raises(SettingsError, match=r"not the settings of an allocation: .*'speed'"):
        AllocatorSettings.from_json({**record, "speed": 1})
    del record["qat"]
    with pytest.raises(SettingsError, match="not the settings of an allocation: 'qat'"):
        AllocatorSettings.from_json(record)
