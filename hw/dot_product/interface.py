"""What every dot-product datapath provides, so that one array can be built from any of them.

A reduction is cut into groups of `lanes` elements. A group takes `beats(width)` consecutive steps,
one weight beat each, least significant part of the weights first; its activations are held.

A new datapath is one file beside this one and one row in `registry.DATAPATHS`: a `Datapath` that
names its three blocks (`blocks`), packs weights into their beats and says what each costs in steps.
The array, its sequencer, the compiler and the cycle model take it from there, and every datapath in
the registry is put through the same tests (`tests/hw/test_array.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from amaranth.lib import data

from hw.dot_product.blocks import DotProductUnit, Edge
from hw.errors import ConfigError

ACTIVATION_BITS = 8
MIN_WEIGHT_BITS = 2
MAX_WEIGHT_BITS = 8

# Cycles of every datapath from its edges' operands to the accumulator: one stage that adds the
# lanes, one that accumulates. A datapath with less to do spends the first one in its edges.
UNIT_LATENCY = 2


@dataclass(frozen=True, kw_only=True)
class Datapath(ABC):
    """A dot-product micro-architecture at a given number of lanes.

    lanes: elements of the reduction per group. accumulator_width: bits of each unit's accumulator.
    Raises ConfigError where the implementation cannot be built with these values.

    name: in the registry. planes_per_beat: weight bits that a beat brings of every lane, so that
    beat k is accumulated at place k * planes_per_beat.
    skips: beats without a set bit in any column are left out; every weight word then carries its
    `BeatPlace`, and a group takes between 1 and `beats(width)` steps.
    fixed_slots: a bit of a weight beat belongs to the same lane in every beat at every width.
    """

    name: ClassVar[str]
    planes_per_beat: ClassVar[int] = 1
    skips: ClassVar[bool] = False
    fixed_slots: ClassVar[bool] = True

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
    def row_operand(self) -> data.Layout:
        """Layout that a row edge hands to the units of its row; here the activations."""
        return self.activations

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

    def group_words(self, columns: Sequence[Sequence[int]], width: int) -> list[int]:
        """Weight words of one group of all columns, first step first (`hw.array.weights_shape`)."""
        beats = zip(*(self.pack(weights, width) for weights in columns), strict=True)
        return [join(beat, self.beat_bits) for beat in beats]

    @abstractmethod
    def lane_of_bit(self, bit: int) -> int:
        """Lane to which bit `bit` (0..beat_bits - 1) of every beat belongs, if `fixed_slots`."""

    def correction(self, width: int, groups: int) -> int:
        """Constant to add to what `groups` groups leave in the accumulator to get the dot product.

        It depends on nothing but the shape, so that the compiler folds it into the bias. Here 0.
        """
        check_width(width)
        return 0

    def row_edge(self) -> Edge:
        """Build the activation-side shared logic of one row; here no more than a register."""
        return Edge(self.lanes, self.activations, self.row_operand)

    def column_edge(self) -> Edge:
        """Build the weight-side shared logic of one column; here no more than a register."""
        return Edge(self.lanes, self.beat_bits, self.column_operand)

    @abstractmethod
    def unit(self) -> DotProductUnit:
        """Build one dot-product unit."""

    def macs_per_cycle(self, width: int) -> float:
        """Multiply-accumulates one unit finishes per cycle at `width` bits, lanes filled.

        The least that it does where it skips beats.
        """
        return self.lanes / self.beats(width)


def join(fields: Sequence[int], bits: int) -> int:
    """Unsigned fields of `bits` bits each side by side, the first one least significant."""
    return sum(field << bits * index for index, field in enumerate(fields))


def bit_planes(weights: Sequence[int], count: int) -> list[int]:
    """The `count` lowest bit-planes of signed weights; plane k has bit k of each, a bit a lane."""
    return [join([weight >> plane & 1 for weight in weights], 1) for plane in range(count)]


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
