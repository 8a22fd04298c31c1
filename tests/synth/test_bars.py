"""What the shift-add array is for: less area per MAC/cycle than any INT8 array of its speed."""

from pathlib import Path

import pytest

from synth import library_source
from synth.designs import Design
from synth.errors import LibertyError
from synth.liberty import Liberty, load
from synth.record import mapped_design

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# Multiply-accumulates at each weight width.
MIX = {2: 20, 4: 40, 6: 25, 8: 15}
MOST_AT_MIX = 0.65
MOST_AT_EIGHT_BITS = 1.10


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Liberty:
    try:
        return load(library_source.locate(None, tmp_path_factory.mktemp("library")))
    except LibertyError as error:
        pytest.skip(f"the default library cannot be fetched here: {error}")


def test_edge_beats_the_best_int8_array(library: Liberty, tmp_path: Path) -> None:
    def area(preset: str) -> dict[str, float]:
        design = Design(block="array", preset=preset)
        return mapped_design(design, library, tmp_path).record.area_per_mac_cycle(MIX)

    edge = area("edge")
    best = min((area("edge_int8"), area("edge_int8_booth")), key=lambda figures: figures["8"])
    assert edge["mix"] <= MOST_AT_MIX * best["mix"]
    assert edge["8"] <= MOST_AT_EIGHT_BITS * best["8"]
