"""The allocations to choose from: candidate widths by group of layers, pins and ties.

Layers are tied where they must share one width; a pin fixes a layer, and with it its whole group.
Allocations go in and out as bits of every layer, in execution order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from quant.errors import SettingsError
from quant.integer_network import MAX_BITS, MIN_BITS

Group = tuple[str, ...]


@dataclass(frozen=True)
class SearchSpace:
    """Which widths each layer may have.

    counts: weights of every layer, in execution order. widths: the candidates, rising. pins: fixed
    widths by layer, any of 2..8. tied: groups of layers that share their width. SettingsError names
    the layer that is unknown, tied twice, or pinned outside 2..8 or against its group.
    """

    counts: Mapping[str, int]
    widths: tuple[int, ...]
    pins: Mapping[str, int] = field(default_factory=dict)
    tied: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        _check_widths(self.widths)
        self._check_tied()
        for layer, width in self.pins.items():
            self._check_known(layer, "pinned")
            if not _is_width(width):
                raise SettingsError(
                    f"layer '{layer}' is pinned to {width!r} bits; "
                    f"pins are integers in {MIN_BITS}..{MAX_BITS}"
                )
        for group in self.groups:
            self._check_pins(group)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups that share a width, single layers among them, by their first layer."""
        group_of = {layer: group for group in self.tied for layer in group}
        groups = [group_of.get(layer, (layer,)) for layer in self.counts]
        in_order = (tuple(layer for layer in self.counts if layer in group) for group in groups)
        return tuple(dict.fromkeys(in_order))

    def choices(self, group: Group) -> tuple[int, ...]:
        """Return the widths that `group` may have, rising; one where it is pinned."""
        pins = [self.pins[layer] for layer in group if layer in self.pins]
        return (pins[0],) if pins else self.widths

    def expand(self, bits: Mapping[Group, int]) -> dict[str, int]:
        """Return the bits of every layer, in execution order, for `bits` by group."""
        by_layer = {layer: width for group, width in bits.items() for layer in group}
        return {layer: by_layer[layer] for layer in self.counts}

    def lowest(self) -> dict[str, int]:
        """Return the allocation of the least widths."""
        return self.expand({group: self.choices(group)[0] for group in self.groups})

    def highest(self) -> dict[str, int]:
        """Return the allocation of the most bits."""
        return self.expand({group: self.choices(group)[-1] for group in self.groups})

    def up(self, bits: Mapping[str, int], group: Group) -> dict[str, int] | None:
        """Return `bits` with `group` at its next larger width, None at the top of the ladder."""
        larger = [width for width in self.choices(group) if width > bits[group[0]]]
        return dict(bits) | dict.fromkeys(group, larger[0]) if larger else None

    def down(self, bits: Mapping[str, int], group: Group) -> dict[str, int] | None:
        """Return `bits` with `group` at its next smaller width, None at the foot of the ladder."""
        smaller = [width for width in self.choices(group) if width < bits[group[0]]]
        return dict(bits) | dict.fromkeys(group, smaller[-1]) if smaller else None

    def _check_tied(self) -> None:
        seen: set[str] = set()
        for layer in (layer for group in self.tied for layer in group):
            self._check_known(layer, "tied")
            if layer in seen:
                raise SettingsError(f"layer '{layer}' is tied twice: name it in one group only")
            seen.add(layer)

    def _check_known(self, layer: str, what: str) -> None:
        if layer not in self.counts:
            raise SettingsError(
                f"layer '{layer}' is {what} but does not exist; choose from {list(self.counts)}"
            )

    def _check_pins(self, group: Group) -> None:
        pins = {layer: self.pins[layer] for layer in group if layer in self.pins}
        if len(set(pins.values())) > 1:
            raise SettingsError(f"tied layers are pinned to different widths: {pins}")


def _is_width(width: object) -> bool:
    return type(width) is int and MIN_BITS <= width <= MAX_BITS


def _check_widths(widths: tuple[int, ...]) -> None:
    if not widths or not all(_is_width(width) for width in widths):
        raise SettingsError(f"widths must be integers in {MIN_BITS}..{MAX_BITS}, not {widths}")
    if list(widths) != sorted(set(widths)):
        raise SettingsError(f"widths must rise without repeats, not {widths}")
