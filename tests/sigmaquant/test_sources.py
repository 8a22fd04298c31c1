from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quant.data import Split, Splits, digits
from quant.qat import QatSettings
from sigmaquant import sources
from sigmaquant.allocation_config import AllocationConfiguration
from sigmaquant.config import Configuration
from sigmaquant.errors import ConfigurationError


@pytest.fixture(scope="module")
def small() -> Splits:
    return digits.load()


@pytest.fixture(scope="module")
def large(small: Splits) -> Splits:
    images = np.zeros((2, 3, 32, 32), np.float32)
    return replace(small, train=Split(images=images, labels=np.zeros(2, np.int64)))


def test_small_data_is_trained_on_as_the_allocator_would(small: Splits):
    configuration = Configuration()
    assert sources.training(configuration, small) == QatSettings()
    assert sources.settings(configuration, small).qat == QatSettings()
    assert sources.settings(configuration, small).final_epochs == 16


def test_large_data_is_trained_on_in_fewer_epochs_and_bits(large: Splits):
    qat = sources.training(Configuration(), large)
    assert (qat.batch, qat.rate, qat.precision, qat.activations) == (128, 1e-3, "bfloat16", False)
    assert (qat.distillation, qat.temperature) == (1.0, 4.0)
    assert sources.settings(Configuration(), large).final_epochs == 4


def test_what_is_asked_for_wins(small: Splits, large: Splits):
    flags = {"qat": "batch=32,activations=true", "epochs": "0.5", "search_steps": "7"}
    configuration = Configuration.load(None, flags)
    for data in (small, large):
        settings = sources.settings(configuration, data)
        assert (settings.qat.batch, settings.qat.activations) == (32, True)
        assert (settings.final_epochs, settings.search_steps) == (0.5, 7)
    assert sources.training(configuration, large).rate == 1e-3


def test_the_search_is_asked_for_what_the_configuration_says(small: Splits):
    flags = {"mode": "published", "widths": "3,5", "layers": "stem=8", "accuracy_drop": "0.02"}
    settings = sources.settings(
        Configuration.load(None, flags | {"size_ratio": "0.5"}), small, (("a", "b"),)
    )
    assert (settings.mode, settings.widths, settings.pins) == ("published", (3, 5), {"stem": 8})
    assert (settings.size, settings.accuracy_drop, settings.tied) == (0.5, 0.02, (("a", "b"),))
    unbounded = sources.settings(Configuration.load(None, {"cycles": "1000"}), small)
    assert unbounded.size == 1


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("digits", "digits"),
        ("resnet20", "resnet20"),
        ("nets/mine.py:Wide", "Wide"),
        ("nets/mine.pt2", "mine"),
    ],
)
def test_networks_have_short_names(network: str, name: str):
    assert sources.name_of(AllocationConfiguration(network=network, data="digits")) == name


def test_files_are_known_by_their_content(tmp_path: Path):
    def described(folder: Path, source: str, weights: str) -> dict[str, object]:
        folder.mkdir(exist_ok=True)
        (folder / "net.py").write_text(source)
        (folder / "w.pt").write_text(weights)
        return sources.describe(
            AllocationConfiguration(
                network=f"{folder / 'net.py'}:Net", weights=folder / "w.pt", data="digits"
            )
        )

    first = described(tmp_path / "a", "one", "one")
    assert described(tmp_path / "b", "one", "one") == first
    assert described(tmp_path / "c", "two", "one") != first
    assert described(tmp_path / "d", "one", "two") != first


def test_a_module_beside_the_network_s_is_part_of_it(tmp_path: Path):
    (tmp_path / "net.py").write_text("from blocks import Block")
    (tmp_path / "blocks.py").write_text("one")
    configuration = AllocationConfiguration(network=f"{tmp_path / 'net.py'}:Net", data="digits")
    before = sources.describe(configuration)
    (tmp_path / "blocks.py").write_text("another")
    assert sources.describe(configuration) != before


@pytest.mark.parametrize(
    "missing", [{"weights": Path("none.pt")}, {"network": "none.pt2"}, {"network": "none.py:A"}]
)
def test_a_missing_file_is_named_before_anything_runs(missing: dict[str, object]):
    configuration = AllocationConfiguration.model_validate({"data": "digits"} | missing)
    with pytest.raises(ConfigurationError, match=r"none\.\w+: no such file"):
        sources.describe(configuration)
