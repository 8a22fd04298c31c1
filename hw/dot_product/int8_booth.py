"""Parallel INT8 dot product with radix-4 Booth weights: the smallest INT8 baseline.

A signed 8-bit weight is four digits in -2..2 (Booth 1951, MacSorley 1961), so a lane has four
partial products instead of eight. The digits are recoded once per column at its edge and shared by
all rows. Narrower weights are sign-extended: the rate is one group a cycle at every width.

A digit's product d * x is one of 0, x, 2x, inverted with +1 where d is negative; its sign bit goes
in inverted, which adds 2^9 at the digit's place, 85 * 2^9 per lane in all. As in `int8` a constant
in the tree makes that a power of two, which the unit takes off again.
"""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data
from amaranth.utils import ceil_log2

from hw.compressor import CompressorTree
from hw.dot_product.int8 import Int8, Int8Unit, OffsetTree
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    MAX_WEIGHT_BITS,
    Edge,
)

DIGITS = MAX_WEIGHT_BITS // 2
PRODUCT_BITS = ACTIVATION_BITS + 1
SIGN_OFFSET = sum(1 << (PRODUCT_BITS + 2 * digit) for digit in range(DIGITS))

# One recoded digit: its magnitude is one, two or (neither set) zero; zero is never negative.
Digit = data.StructLayout({"negative": 1, "one": 1, "two": 1})


class BoothColumnEdge(Edge):
    """Recodes every weight of a column into radix-4 Booth digits, lowest first."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self.lanes):
            weight = self.word.word_select(lane, MAX_WEIGHT_BITS)
            padded = Cat(0, weight)
            for index in range(DIGITS):
                low, middle, high = (padded[2 * index + k] for k in range(3))
                digit = self.operand[lane][index]
                m.d.comb += [
                    digit.one.eq(low ^ middle),
                    digit.two.eq(Mux(high, ~(middle | low), middle & low)),
                    digit.negative.eq(high & ~(middle & low)),
                ]
        return m


class BoothTree(OffsetTree):
    """Four partial products a lane, one per digit."""

    def __init__(self, lanes: int):
        column = data.ArrayLayout(data.ArrayLayout(Digit, DIGITS), lanes)
        super().__init__(lanes, column, offset_log2(lanes) + 1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        tree.add_constant((1 << offset_log2(self.lanes)) - self.lanes * SIGN_OFFSET)
        for lane in range(self.lanes):
            for index in range(DIGITS):
                digit = self.column[lane][index]
                product = Signal(PRODUCT_BITS, name=f"product_{lane}_{index}")
                once = self.row[lane] & digit.one.replicate(ACTIVATION_BITS)
                twice = Cat(0, self.row[lane] & digit.two.replicate(ACTIVATION_BITS))
                m.d.comb += product.eq((once | twice) ^ digit.negative.replicate(PRODUCT_BITS))
                tree.add(Cat(product, ~digit.negative), offset=2 * index)
                tree.add(digit.negative, offset=2 * index)
        m.d.comb += self.total.eq(tree.total())
        return m


class Int8BoothUnit(Int8Unit):
    """The INT8 unit around a Booth tree."""

    def tree(self) -> BoothTree:
        return BoothTree(self.lanes)


class Int8Booth(Int8):
    """Booth-recoded INT8 datapath: `lanes` (at least 1) elements a cycle at every width."""

    name = "int8_booth"

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(data.ArrayLayout(Digit, DIGITS), self.lanes)

    def column_edge(self) -> BoothColumnEdge:
        return BoothColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> Int8BoothUnit:
        return Int8BoothUnit(self)


def offset_log2(lanes: int) -> int:
    """Logarithm of the smallest power of two not below the tree's constant offset.

    Twice that power exceeds the largest tree sum: one bit more holds it.
    """
    return ceil_log2(lanes * SIGN_OFFSET)
