"""What all tests share: the same hypothesis examples everywhere, and one compiled small array."""

from pathlib import Path

import pytest
from hypothesis import settings

from hw.config import ArrayConfig, EngineConfig

settings.register_profile("sigmaquant", derandomize=True, deadline=None)
settings.load_profile("sigmaquant")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tighten", action="store_true", help="lower the limits in tests/synth/limits.json"
    )


@pytest.fixture(scope="session")
def simulation_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build folder of the session: an array compiled for one test serves the others too."""
    return tmp_path_factory.mktemp("simulation_build")


@pytest.fixture(scope="session")
def small_array() -> ArrayConfig:
    """Ragged against every test network, and slow enough to drain that short reductions wait."""
    return ArrayConfig(unit="pair_sum", rows=2, columns=10, lanes=10, drain_columns=2)


@pytest.fixture(scope="session")
def small_engine() -> EngineConfig:
    """Two rows, and channels, lanes and words that no test network fills evenly."""
    return EngineConfig(
        array=ArrayConfig(unit="pair_sum2", rows=2, columns=4, lanes=8, drain_columns=2),
        activation_lines=128,
        weight_words=2048,
        parameter_words=64,
        program_words=512,
    )
