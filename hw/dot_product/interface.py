"""What every dot-product datapath provides, so that one array can be built from any of them.

A datapath is split three ways. What depends on the activations alone is computed once per row
(row edge), what depends on the weights alone once per column (column edge), and only the rest is
repeated in every dot-product unit of the rows x columns array.

A reduction is cut into groups of `lanes` elements. A group takes `beats(width)` consecutive steps,
one weight beat each, least significant part of the weights first; its activations are held.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from amaranth.hdl import ShapeLike, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.errors import ConfigError

ACTIVATION_BITS = 8
MIN_WEIGHT_BITS = 2
MAX_WEIGHT_BITS = 8
SHIFT_BITS = 3
BEATS_BITS = 4

# Pipeline stages inside a unit: the tree register and the accumulator.
UNIT_LATENCY = 2


# Broadcast to all units; each field is aligned with the pipeline stage that uses it.
#   tree_enable: the operands at the unit's inputs are a step: register the tree's sum.
#   negate: with tree_enable: the weight beat is the two's complement sign plane.
#   accumulate_enable: the registered sum is to be accumulated.
#   first: with accumulate_enable: start a new reduction instead of adding to the old one.
#   shift: with accumulate_enable: index of the weight beat's least significant bit-plane, 0..7.
UnitControl = data.StructLayout(
    {"tree_enable": 1, "negate": 1, "accumulate_enable": 1, "first": 1, "shift": SHIFT_BITS}
)


class Edge(wiring.Component):
    """Logic shared by all units of a row (activation side) or column (weight side); combinational.

    word: `lanes` unsigned 8-bit codes, or one weight beat. operand: what the units need of it.
    """

    word: Any
    operand: data.View

    def __init__(self, lanes: int, word: ShapeLike, operand: data.Layout):
        self.lanes = lanes
        super().__init__({"word": In(word), "operand": Out(operand)})


class DotProductUnit(wiring.Component):
    """One unit: a carry-save tree over the lanes, one shift-accumulate for all of them.

    row, column: registered operands of the edges. control: see `UnitControl`.
    accumulator: signed, `accumulator_width` bits; holds the reduction `UNIT_LATENCY` cycles after
    its last step was at the inputs, until the next reduction's first step arrives there. The
    compiler proves that the final value fits; a wrap-around on the way there is harmless.
    """

    row: data.View
    column: data.View
    control: data.View
    accumulator: Signal

    def __init__(self, row: data.Layout, column: data.Layout, accumulator_width: int):
        self.accumulator_width = accumulator_width
        self.row_operand, self.column_operand = row, column
        super().__init__(
            {
                "row": In(row),
                "column": In(column),
                "control": In(UnitControl),
                "accumulator": Out(signed(accumulator_width)),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Datapath(ABC):
    """A dot-product micro-architecture at a given number of lanes.

    lanes: elements of the reduction per group. accumulator_width: bits of each unit's accumulator.
    Raises ConfigError where the implementation cannot be built with these values.

    name: in the registry. planes_per_beat: weight bits that a beat brings of every lane, so that
    beat k is accumulated at place k * planes_per_beat. decodes_registered_weights: the column edge
    stands behind the register of the weight beat, not before it; worth it where the beat is
    narrower than the operand, at the price of the edge's delay in the unit's first stage.
    """

    name: ClassVar[str]
    planes_per_beat: ClassVar[int] = 1
    decodes_registered_weights: ClassVar[bool] = False

    lanes: int
    accumulator_width: int

    def __post_init__(self) -> None:
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Raise ConfigError where this datapath cannot have these lanes."""

    @property
    @abstractmethod
    def beat_bits(self) -> int:
        """Bits of one weight beat of one column."""

    @property
    def activations(self) -> data.ArrayLayout:
        """Layout of one row's activations of a group."""
        return data.ArrayLayout(ACTIVATION_BITS, self.lanes)

    @property
    @abstractmethod
    def row_operand(self) -> data.Layout:
        """Layout that a row edge hands to the units of its row."""

    @property
    @abstractmethod
    def column_operand(self) -> data.Layout:
        """Layout that a column edge hands to the units of its column."""

    @abstractmethod
    def beats(self, width: int) -> int:
        """Weight beats, and so cycles, that one group takes at `width` bits (2..8)."""

    @abstractmethod
    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        """Cut `lanes` signed weights of `width` bits into a group's beats, first beat first."""

    @abstractmethod
    def lane_of_bit(self, bit: int) -> int:
        """Lane to whose weight bit `bit` (0..beat_bits - 1) of every beat belongs."""

    @abstractmethod
    def correction(self, width: int, groups: int) -> int:
        """Constant to add to what `groups` groups leave in the accumulator to get the dot product.

        It depends on nothing but the shape, so that the compiler folds it into the bias.
        """

    @abstractmethod
    def row_edge(self) -> Edge:
        """Build the activation-side shared logic of one row."""

    @abstractmethod
    def column_edge(self) -> Edge:
        """Build the weight-side shared logic of one column."""

    @abstractmethod
    def unit(self) -> DotProductUnit:
        """Build one dot-product unit."""

    def macs_per_cycle(self, width: int) -> float:
        """Multiply-accumulates one unit finishes per cycle at `width` bits, lanes filled."""
        return self.lanes / self.beats(width)


def check_width(width: int) -> None:
    """Raise ConfigError unless `width` is a supported weight width."""
    if type(width) is not int or not MIN_WEIGHT_BITS <= width <= MAX_WEIGHT_BITS:
        raise ConfigError(
            f"weight width must be an integer in {MIN_WEIGHT_BITS}..{MAX_WEIGHT_BITS} bits, "
            f"not {width!r}"
        )


def check_group(weights: Sequence[int], lanes: int, width: int) -> None:
    """Raise ConfigError unless `weights` are `lanes` signed integers of `width` bits."""
    check_width(width)
    if len(weights) != lanes:
        raise ConfigError(f"a group has {lanes} weights, one per lane, not {len(weights)}")
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    for lane, weight in enumerate(weights):
        if not low <= weight <= high:
            raise ConfigError(f"lane {lane}: weight {weight} does not fit {width} bits")
