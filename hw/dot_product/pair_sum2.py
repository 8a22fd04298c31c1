"""Pair-sum dot product, two weight bit-planes a cycle: one accumulator step serves both.

As in `pair_sum`, one bit of both weights of a pair selects an addend among {0, x0, x1, x0 + x1};
here the low and the high plane of a beat select one each. Each plane has a tree of its own that
ends in two rows (carry-save); four rows, the high plane's one place up, make the sum.

Two's complement: weights of odd width are sign-extended by one bit, so that the sign plane is
always the high plane of a group's last beat. To subtract it, its two rows are inverted: -(s + c) is
~s + ~c + 2. The missing constants are the same for every group; `correction` brings them back.
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
    join,
)
from hw.dot_product.pair_sum import (
    PAIR_SUM_BITS,
    Pair,
    PairSelect,
    PairSumRowEdge,
    select_addends,
    selected_addend,
    tree_bits,
)
from hw.errors import ConfigError

PLANES = 2


class TwoPlaneTree(wiring.Component):
    """Low plane's sum plus twice the high plane's, that one inverted in two's complement on demand.

    row: operands of the row edge. column: [plane][pair] choices. negate: 1 bit.
    total: two's complement, `two_plane_bits(pairs)` bits: low + 2 * high, or low - 2 * high - 4.
    """

    row: data.View
    column: data.View
    negate: Signal
    total: Signal

    def __init__(self, pairs: int):
        self.pairs = pairs
        super().__init__(
            {
                "row": In(data.ArrayLayout(Pair, pairs)),
                "column": In(data.ArrayLayout(data.ArrayLayout(PairSelect, pairs), PLANES)),
                "negate": In(1),
                "total": Out(two_plane_bits(pairs)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        merged = CompressorTree(m, len(self.total))
        for plane in range(PLANES):
            tree = CompressorTree(m, tree_bits(self.pairs))
            for index in range(self.pairs):
                addend = Signal(PAIR_SUM_BITS, name=f"addend_{plane}_{index}")
                m.d.comb += addend.eq(selected_addend(self.row[index], self.column[plane][index]))
                tree.add(addend)
            for row in tree.rows():
                if plane:
                    signs = self.negate.replicate(len(row))
                    upper = self.negate.replicate(len(self.total) - len(row) - plane)
                    row = Cat(row ^ signs, upper)
                merged.add(row, offset=plane)
        m.d.comb += self.total.eq(merged.total())
        return m


class TwoPlaneUnit(DotProductUnit):
    """Trees, then shift by the beat's place and accumulate."""

    def __init__(self, datapath: "PairSum2"):
        self.pairs = datapath.lanes // 2
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = TwoPlaneTree(self.pairs)
        m.d.comb += tree.negate.eq(self.control.negate)
        accumulate(m, self, tree, tree.total, shifts=True)
        return m


class TwoPlaneColumnEdge(Edge):
    """Decodes both planes of a beat as `pair_sum` decodes its one."""

    registers_word = True

    def decode(self, m: Module, word: Value, operand: data.View) -> None:
        for plane in range(PLANES):
            select_addends(m, word.word_select(plane, self.lanes), operand[plane])


class PairSum2(Datapath):
    """Two-plane pair-sum datapath: `lanes` (even) elements in ceil(`width` / 2) cycles."""

    name = "pair_sum2"
    planes_per_beat = PLANES

    def check(self) -> None:
        if self.lanes < 2 or self.lanes % 2:
            raise ConfigError(f"lanes must be even and at least 2 for pair_sum2, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes * PLANES

    @property
    def row_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(Pair, self.lanes // 2)

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(data.ArrayLayout(PairSelect, self.lanes // 2), PLANES)

    def beats(self, width: int) -> int:
        check_width(width)
        return (width + 1) // 2

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        planes = bit_planes(weights, PLANES * self.beats(width))
        return [
            join(planes[low : low + PLANES], self.lanes) for low in range(0, len(planes), PLANES)
        ]

    def lane_of_bit(self, bit: int) -> int:
        return bit % self.lanes

    def correction(self, width: int, groups: int) -> int:
        return groups * 4 << PLANES * (self.beats(width) - 1)

    def row_edge(self) -> PairSumRowEdge:
        return PairSumRowEdge(self.lanes, self.activations, self.row_operand)

    def column_edge(self) -> Edge:
        return TwoPlaneColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> TwoPlaneUnit:
        return TwoPlaneUnit(self)


def two_plane_bits(pairs: int) -> int:
    """Bits that hold -2 * high - 4 and low + 2 * high in two's complement."""
    return bits_for(3 * pairs * 2 * (2**ACTIVATION_BITS - 1)) + 1
