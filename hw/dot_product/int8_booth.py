"""Parallel INT8 dot product with radix-4 Booth weights: the smallest INT8 baseline.

A signed 8-bit weight is four digits in -2..2, so a lane has four partial products instead of eight.
The digits are recoded once per column at its edge and shared by all rows (`booth`). Narrower
weights are sign-extended: the rate is one group a cycle at every width.
"""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import DotProductUnit, Edge
from hw.dot_product.booth import Digit, is_negative, product, recode, surplus
from hw.dot_product.int8 import Int8
from hw.dot_product.interface import ACTIVATION_BITS, MAX_WEIGHT_BITS

DIGITS = MAX_WEIGHT_BITS // 2


class BoothColumnEdge(Edge):
    """Recodes every weight of a column, lowest digit first, and counts what they add too much."""

    def decode(self, m: Module, word: Value, operand: data.View) -> None:
        negative = []
        for lane in range(self.lanes):
            weight = Cat(0, word.word_select(lane, MAX_WEIGHT_BITS))
            for index in range(DIGITS):
                bits = weight[2 * index : 2 * index + 3]
                recode(m, bits, operand.digits[lane][index])
                negative.append((is_negative(bits), 2 * index))
        m.d.comb += operand.surplus.eq(surplus(m, negative, len(operand.surplus)))


class BoothTree(wiring.Component):
    """Four partial products a lane, one per digit; combinational.

    row: `lanes` activations, unsigned 8 bits. column: operand of the column edge.
    total: the dot product, two's complement, `total_bits(lanes)` bits.
    """

    row: data.View
    column: data.View
    total: Signal

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(
            {
                "row": In(data.ArrayLayout(ACTIVATION_BITS, lanes)),
                "column": In(column_operand(lanes)),
                "total": Out(total_bits(lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        tree.add(self.column.surplus)
        for lane in range(self.lanes):
            for index in range(DIGITS):
                digit = self.column.digits[lane][index]
                tree.add(
                    product(m, f"product_{lane}_{index}", self.row[lane], digit), offset=2 * index
                )
        m.d.comb += self.total.eq(tree.total())
        return m


class Int8BoothUnit(DotProductUnit):
    """Tree and accumulator."""

    def __init__(self, datapath: "Int8Booth"):
        self.lanes = datapath.lanes
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = BoothTree(self.lanes)
        accumulate(m, self, tree, tree.total, shifts=False)
        return m


class Int8Booth(Int8):
    """Booth-recoded INT8 datapath: `lanes` (at least 1) elements a cycle at every width."""

    name = "int8_booth"

    @property
    def column_operand(self) -> data.StructLayout:
        return column_operand(self.lanes)

    def column_edge(self) -> BoothColumnEdge:
        return BoothColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> Int8BoothUnit:
        return Int8BoothUnit(self)


def column_operand(lanes: int) -> data.StructLayout:
    """Digits [lane][digit], and the surplus of the products of all of them, negated."""
    digits = data.ArrayLayout(data.ArrayLayout(Digit, DIGITS), lanes)
    return data.StructLayout({"digits": digits, "surplus": total_bits(lanes)})


def total_bits(lanes: int) -> int:
    """Bits of the dot product of `lanes` codes and 8-bit weights in two's complement."""
    return bits_for(lanes * (2**ACTIVATION_BITS - 1) * 2 ** (MAX_WEIGHT_BITS - 1)) + 1
