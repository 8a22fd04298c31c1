"""Pair-sum dot product: one weight bit-plane a cycle, two lanes share one addend.

For a pair of lanes, one bit of both weights selects an addend among {0, x0, x1, x0 + x1}. The sum
x0 + x1 is formed once at the row edge; the one-hot selection is decoded once at the column edge. A
zero weight bit selects nothing, so a zero activation or weight toggles nothing in the tree.

Two's complement: with w = -2^(n-1) b_(n-1) + sum 2^k b_k, the sign plane's tree sum T is to be
subtracted. The unit adds its inverse ~T = -T - 1 instead; the missing 2^(n-1) per group is constant
and comes back through `correction`.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import DotProductUnit, Edge
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    Datapath,
    bit_planes,
    check_group,
    check_width,
)
from hw.errors import ConfigError

PAIR_SUM_BITS = ACTIVATION_BITS + 1


# The three non-zero addends of one pair of lanes, and the one-hot choice among them; no bit set
# chooses 0.
Pair = data.StructLayout({"even": ACTIVATION_BITS, "odd": ACTIVATION_BITS, "both": PAIR_SUM_BITS})
PairSelect = data.StructLayout({"even": 1, "odd": 1, "both": 1})


class PairSumRowEdge(Edge):
    """Forms x0 + x1 of every pair of lanes."""

    def decode(self, m: Module, word: data.View, operand: data.View) -> None:
        sum_pairs(m, word, operand)


class PairSumColumnEdge(Edge):
    """Decodes one bit of both weights of every pair into a one-hot choice."""

    registers_word = True

    def decode(self, m: Module, word: Value, operand: data.View) -> None:
        select_addends(m, word, operand)


class PairSumTree(wiring.Component):
    """Sum of the selected addends of all pairs; combinational.

    row, column: operands of the edges, `pairs` each. total: unsigned, `tree_bits(pairs)` bits, at
    most `pairs` * 510.
    """

    row: data.View
    column: data.View
    total: Signal

    def __init__(self, pairs: int):
        self.pairs = pairs
        super().__init__(
            {
                "row": In(data.ArrayLayout(Pair, pairs)),
                "column": In(data.ArrayLayout(PairSelect, pairs)),
                "total": Out(tree_bits(pairs)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        for index in range(self.pairs):
            pair, select = self.row[index], self.column[index]
            addend = Signal(PAIR_SUM_BITS, name=f"addend_{index}")
            m.d.comb += addend.eq(selected_addend(pair, select))
            tree.add(addend)
        m.d.comb += self.total.eq(tree.total())
        return m


class PairSumUnit(DotProductUnit):
    """Tree, sign-plane inversion, then shift by the bit-plane's weight and accumulate."""

    def __init__(self, datapath: "PairSum"):
        self.pairs = datapath.lanes // 2
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = PairSumTree(self.pairs)
        negate = self.control.negate
        signs = negate.replicate(len(tree.total))
        accumulate(m, self, tree, Cat(tree.total ^ signs, negate), shifts=True)
        return m


class PairSum(Datapath):
    """Pair-sum datapath: `lanes` (even, at least 2) elements in `width` cycles."""

    name = "pair_sum"

    def check(self) -> None:
        if self.lanes < 2 or self.lanes % 2:
            raise ConfigError(f"lanes must be even and at least 2 for pair_sum, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes

    @property
    def row_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(Pair, self.lanes // 2)

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(PairSelect, self.lanes // 2)

    def beats(self, width: int) -> int:
        check_width(width)
        return width

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        return bit_planes(weights, width)

    def lane_of_bit(self, bit: int) -> int:
        return bit

    def correction(self, width: int, groups: int) -> int:
        check_width(width)
        return groups << (width - 1)

    def row_edge(self) -> PairSumRowEdge:
        return PairSumRowEdge(self.lanes, self.activations, self.row_operand)

    def column_edge(self) -> PairSumColumnEdge:
        return PairSumColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> PairSumUnit:
        return PairSumUnit(self)


def sum_pairs(m: Module, codes: data.View, pairs: data.View) -> None:
    """Form the addends of every pair of activations."""
    for index in range(len(codes) // 2):
        pair = pairs[index]
        even, odd = codes[2 * index], codes[2 * index + 1]
        m.d.comb += [pair.even.eq(even), pair.odd.eq(odd), pair.both.eq(even + odd)]


def select_addends(m: Module, plane: Value, selects: data.View) -> None:
    """Decode a bit-plane: bits 2i and 2i + 1 choose the addend of pair i."""
    for index in range(len(plane) // 2):
        select = selects[index]
        even, odd = plane[2 * index], plane[2 * index + 1]
        m.d.comb += [
            select.even.eq(even & ~odd),
            select.odd.eq(odd & ~even),
            select.both.eq(even & odd),
        ]


def selected_addend(pair: data.View, select: data.View) -> Value:
    """The addend of one pair of lanes, unsigned `PAIR_SUM_BITS` bits."""
    return (
        (pair.even & select.even.replicate(ACTIVATION_BITS))
        | (pair.odd & select.odd.replicate(ACTIVATION_BITS))
        | (pair.both & select.both.replicate(PAIR_SUM_BITS))
    )


def tree_bits(pairs: int) -> int:
    """Bits of the largest sum of `pairs` addends."""
    return bits_for(pairs * 2 * (2**ACTIVATION_BITS - 1))
