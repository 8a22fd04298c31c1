"""Decision zones of the (accuracy, size) plane.

A figure is met within its budget, near within its buffer beyond the budget, and far otherwise.

The paper draws the zones without giving these borders: that each buffer lies beyond its budget, and
that an allocation met in one figure but far in the other is still worked on, are ours.
"""

from enum import StrEnum

from quant.allocator.settings import AllocatorSettings

# Accuracies are counts over counts: a hair's breadth of rounding must not decide.
_SLACK = 1e-9


class Zone(StrEnum):
    """Where an allocation stands against its two budgets."""

    TARGET = "target"  # both met
    ITERATION = "iteration"  # both met or near, at least one not met
    BIT_INCREASE = "bit-increase"  # size met or near, accuracy far short
    BIT_DECREASE = "bit-decrease"  # accuracy met or near, far too big
    ABANDON = "abandon"  # both far


def classify(drop: float, size: float, settings: AllocatorSettings) -> Zone:
    """Return the zone of an accuracy `drop` against float and a `size` ratio to 8 bits."""
    if accuracy_met(drop, settings) and size_met(size, settings):
        return Zone.TARGET
    accuracy_near = drop <= settings.accuracy_drop + settings.accuracy_buffer + _SLACK
    size_near = size <= settings.size + settings.size_buffer + _SLACK
    if accuracy_near and size_near:
        return Zone.ITERATION
    if size_near:
        return Zone.BIT_INCREASE
    return Zone.BIT_DECREASE if accuracy_near else Zone.ABANDON


def accuracy_met(drop: float, settings: AllocatorSettings) -> bool:
    """Return whether the accuracy budget holds."""
    return drop <= settings.accuracy_drop + _SLACK


def size_met(size: float, settings: AllocatorSettings) -> bool:
    """Return whether the size budget holds."""
    return size <= settings.size + _SLACK


def violation(drop: float, size: float, settings: AllocatorSettings) -> float:
    """Return how far beyond the budgets, in buffers of each; 0 where both hold."""
    over_drop = max(0.0, drop - settings.accuracy_drop - _SLACK)
    over_size = max(0.0, size - settings.size - _SLACK)
    return over_drop / max(settings.accuracy_buffer, 1e-3) + over_size / max(
        settings.size_buffer, 1e-3
    )
