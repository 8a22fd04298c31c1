from itertools import pairwise

import pytest

from quant.allocator import Accuracy, Allocation, AllocatorSettings, Final
from quant.allocator.result import SearchCost
from quant.allocator.zones import classify
from quant.data import digits
from sigmaquant import sources
from sigmaquant.config import Configuration
from sigmaquant.results import ZoneArea
from sigmaquant.steps import allocate

START = 0.97


@pytest.fixture
def asked() -> AllocatorSettings:
    return sources.settings(Configuration(size_ratio=0.35, accuracy_drop=0.02), digits.load())


@pytest.fixture
def areas(asked: AllocatorSettings) -> list[ZoneArea]:
    accuracy = Accuracy(validation=START, test=0.5)
    final = Final(
        validation_accuracy=START, test_accuracy=0.5, size_ratio=0.3, mean_bits=2.4, evaluation=""
    )
    return allocate.zones(
        Allocation(
            seed=1,
            settings=asked,
            float_accuracy=accuracy,
            met=True,
            reason="",
            trajectory=(),
            layers=(),
            costs=(),
            frontier=(),
            search=SearchCost(qat_epochs=0, cpu_seconds=0),
            final=final,
        )
    )


def test_the_budgets_reach_the_allocator(asked: AllocatorSettings):
    assert (asked.size, asked.accuracy_drop) == (0.35, 0.02)


def test_zone_areas_tile_the_plane_without_gap_or_overlap(areas: list[ZoneArea]):
    sizes = sorted({area.size_ratio for area in areas})
    heights = sorted({area.accuracy for area in areas})
    assert len(areas) == len(sizes) * len(heights) == 9
    for spans in (sizes, heights):
        assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert sizes[0][0] == 0
    assert heights[0][0] == pytest.approx(0)
    assert heights[-1][1] == pytest.approx(1)


def test_every_point_of_an_area_is_in_its_zone(areas: list[ZoneArea], asked: AllocatorSettings):
    for area in areas:
        for part in (0.01, 0.5, 0.99):
            size = area.size_ratio[0] + part * (area.size_ratio[1] - area.size_ratio[0])
            accuracy = area.accuracy[0] + part * (area.accuracy[1] - area.accuracy[0])
            assert classify(START - accuracy, size, asked).value == area.zone
    assert {area.zone for area in areas} == {
        "target",
        "iteration",
        "bit-increase",
        "bit-decrease",
        "abandon",
    }
