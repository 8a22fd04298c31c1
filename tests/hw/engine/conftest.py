"""Small engines."""

import pytest

from hw.config import ArrayConfig, EngineConfig


@pytest.fixture
def config() -> EngineConfig:
    """Two rows, two columns, six lanes: words of four bytes, four banks."""
    return EngineConfig(
        array=ArrayConfig(unit="pair_sum2", rows=2, columns=2, lanes=6),
        activation_lines=64,
        weight_words=32,
        parameter_words=32,
        program_words=64,
    )


@pytest.fixture
def wide() -> EngineConfig:
    """Like `edge`: lanes of one and a half words, several columns leave at once."""
    return EngineConfig(
        array=ArrayConfig(unit="pair_sum2", rows=2, columns=4, lanes=12, drain_columns=2),
        activation_lines=40,
        weight_words=32,
        parameter_words=32,
        program_words=64,
    )
