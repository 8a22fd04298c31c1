"""What an allocation costs, in any unit that adds up over layers, and budgets on it.

Bytes of weights, bit operations and cycles of the engine are all tables of one number by layer and
width. Integers stay integers: a budget in cycles is met exactly or not at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from quant.errors import SettingsError

_BITS_PER_BYTE = 8


@dataclass(frozen=True)
class CostTable:
    """The cost of a layer at each width, and of what no width changes (`constant`).

    `name` and `unit` are for messages: "weight size", "bytes". SettingsError where a cost is
    negative or not finite, or where the layers have different widths.
    """

    name: str
    unit: str
    by_layer: Mapping[str, Mapping[int, float]]
    constant: float = 0

    def __post_init__(self) -> None:
        rows = {layer: dict(row) for layer, row in self.by_layer.items()}
        object.__setattr__(self, "by_layer", rows)
        if not rows or not all(rows.values()):
            raise SettingsError(f"cost '{self.name}' is empty: give it layers and widths")
        _check_cost(f"cost '{self.name}', constant", self.constant)
        first = next(iter(rows))
        for layer, row in rows.items():
            if row.keys() != rows[first].keys():
                raise SettingsError(
                    f"cost '{self.name}': layer '{layer}' has the widths {sorted(row)}, layer "
                    f"'{first}' {sorted(rows[first])}; give all layers the same"
                )
            for width, value in row.items():
                _check_cost(f"cost '{self.name}', layer '{layer}' at {width} bits", value)

    def of(self, bits: Mapping[str, int]) -> float:
        """Return the cost of `bits`, an integer where the table holds integers.

        SettingsError where the layers are not those of the table, or a width is not in it.
        """
        if bits.keys() != self.by_layer.keys():
            raise SettingsError(
                f"cost '{self.name}' is for the layers {list(self.by_layer)}, not {list(bits)}"
            )
        return self.constant + sum(self.at(layer, bits[layer]) for layer in self.by_layer)

    def at(self, layer: str, width: int) -> float:
        """Return the cost of one layer at `width`; SettingsError where the table has none."""
        row = self.by_layer.get(layer, {})
        if width not in row:
            raise SettingsError(f"cost '{self.name}' has no layer '{layer}' at {width} bits")
        return row[width]

    def minimum(self) -> float:
        """Return the least cost that any choice of widths has."""
        return self.constant + sum(min(row.values()) for row in self.by_layer.values())

    def figure(self, value: float) -> str:
        """Return `value` as text with its unit."""
        return f"{value:,.12g} {self.unit}"


@dataclass(frozen=True)
class Budget:
    """A limit on a cost, in its unit; SettingsError where no widths of the table reach it.

    The comparisons have no slack.
    """

    cost: CostTable
    limit: float

    def __post_init__(self) -> None:
        if not 0 < self.limit < float("inf"):
            raise SettingsError(
                f"budget '{self.cost.name}' must be positive and finite, not {self.limit}"
            )
        if self.cost.minimum() > self.limit:
            raise unreachable(self, self.cost.minimum())

    def met(self, bits: Mapping[str, int]) -> bool:
        """Return whether the cost of `bits` is within the limit."""
        return self.cost.of(bits) <= self.limit

    def over(self, bits: Mapping[str, int]) -> float:
        """Return the excess over the limit as a share of the limit; 0 where it is met."""
        cost = self.cost.of(bits)
        return (cost - self.limit) / self.limit if cost > self.limit else 0.0


def unreachable(budget: Budget, least: float, within: str = "") -> SettingsError:
    """Return the error that says that no allocation costs less than `least`."""
    cost = budget.cost
    return SettingsError(
        f"{cost.name} of {cost.figure(budget.limit)} is out of reach{within}: "
        f"the least is {cost.figure(least)}"
    )


def weight_bytes(counts: Mapping[str, int], widths: Iterable[int]) -> CostTable:
    """Return the bytes of the packed weights; `counts` holds the weights of each layer."""
    widths = tuple(widths)
    table = {
        layer: {width: width * count / _BITS_PER_BYTE for width in widths}
        for layer, count in counts.items()
    }
    return CostTable("weight size", "bytes", table)


def bops(
    macs: Mapping[str, int], widths: Iterable[int], activation_bits: Mapping[str, int]
) -> CostTable:
    """Return the bit operations of one image: weight bits * activation bits * multiplications.

    `macs` holds the multiply-accumulates of each layer, `activation_bits` the bits of the tensor
    that the layer reads. SettingsError where a layer of `macs` has no activation bits.
    """
    widths = tuple(widths)
    missing = [layer for layer in macs if layer not in activation_bits]
    if missing:
        raise SettingsError(f"bit operations: no activation bits for the layers {missing}")
    table = {
        layer: {width: width * activation_bits[layer] * count for width in widths}
        for layer, count in macs.items()
    }
    return CostTable("bit operations", "BOPs", table)


def _check_cost(what: str, value: float) -> None:
    if not (isfinite(value) and value >= 0):
        raise SettingsError(f"{what}: {value} is not a cost; it must be finite and 0 or more")
