import pytest

from quant.allocator import AllocatorSettings, Zone
from quant.allocator.zones import classify, violation

SETTINGS = AllocatorSettings(accuracy_drop=0.01, size=0.4, accuracy_buffer=0.02, size_buffer=0.05)


@pytest.mark.parametrize(
    ("drop", "size", "zone"),
    [
        (-0.01, 0.25, Zone.TARGET),
        (0.01, 0.40, Zone.TARGET),
        (1.0 - 0.99, 0.1 + 0.3, Zone.TARGET),  # a hair beyond in floats
        (0.0101, 0.40, Zone.ITERATION),
        (0.03, 0.40, Zone.ITERATION),
        (0.01, 0.41, Zone.ITERATION),
        (0.03, 0.45, Zone.ITERATION),
        (0.031, 0.40, Zone.BIT_INCREASE),
        (0.031, 0.45, Zone.BIT_INCREASE),
        (0.01, 0.46, Zone.BIT_DECREASE),
        (0.03, 0.46, Zone.BIT_DECREASE),
        (0.031, 0.46, Zone.ABANDON),
    ],
)
def test_zones_and_their_borders(drop: float, size: float, zone: Zone) -> None:
    assert classify(drop, size, SETTINGS) is zone


def test_violation_counts_buffers() -> None:
    assert violation(-0.2, 0.3, SETTINGS) == 0
    assert violation(0.01, 0.4, SETTINGS) == 0
    assert violation(0.03, 0.45, SETTINGS) == pytest.approx(2, abs=1e-6)
    assert violation(0.0, 0.5, SETTINGS) == pytest.approx(2, abs=1e-6)
