"""What all tests share: the same hypothesis examples everywhere, and one compiled small array."""

from pathlib import Path

import pytest
from hypothesis import settings

from hw.config import ArrayConfig

settings.register_profile("sigmaquant", derandomize=True, deadline=None)
settings.load_profile("sigmaquant")


@pytest.fixture(scope="session")
def simulation_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build folder of the session: an array compiled for one test serves the others too."""
    return tmp_path_factory.mktemp("simulation_build")


@pytest.fixture(scope="session")
def small_array() -> ArrayConfig:
    """Ragged against every test network, and slow enough to drain that short reductions wait."""
    return ArrayConfig(unit="pair_sum", rows=2, columns=10, lanes=10, drain_columns=2)
