"""Booth-digit dot product: one radix-4 digit of every weight a cycle.

A digit takes two bits of the weight and the one below them. Stored are the two: the column edge
remembers the upper one for the next beat, so that weights of even width cost no bit more than they
have. The recoding is shared by all rows, as is the surplus of the inverted products (`booth`).
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import DotProductUnit, Edge, registered
from hw.dot_product.booth import Digit, is_negative, product, recode, surplus
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    Datapath,
    bit_planes,
    check_group,
    check_width,
    join,
)
from hw.errors import ConfigError

DIGIT_BITS = 2


class DigitColumnEdge(Edge):
    """Remembers the bits below the next digits; recodes behind the register, counts before it."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        below = Signal(self.lanes)
        arriving = Signal(data.ArrayLayout(DIGIT_BITS + 1, self.lanes))
        held = registered(m, "held", arriving, self.load)
        for lane in range(self.lanes):
            m.d.comb += [
                below[lane].eq(held[lane][DIGIT_BITS] & ~self.control.load_group),
                arriving[lane].eq(Cat(below[lane], self.word[lane], self.word[self.lanes + lane])),
            ]
            recode(m, held[lane], self.operand.digits[lane])
        negative = [(is_negative(arriving[lane]), 0) for lane in range(self.lanes)]
        counted = surplus(m, negative, len(self.operand.surplus))
        m.d.comb += self.operand.surplus.eq(registered(m, "surplus", counted, self.load))
        return m


class DigitTree(wiring.Component):
    """Sum of digit times activation over the lanes; combinational.

    row: `lanes` activations, unsigned 8 bits. column: operand of the column edge.
    total: two's complement, `total_bits(lanes)` bits.
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
            tree.add(product(m, f"product_{lane}", self.row[lane], self.column.digits[lane]))
        m.d.comb += self.total.eq(tree.total())
        return m


class BoothDigitUnit(DotProductUnit):
    """Tree, then shift by the digit's place and accumulate."""

    def __init__(self, datapath: "BoothDigit"):
        self.lanes = datapath.lanes
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = DigitTree(self.lanes)
        accumulate(m, self, tree, tree.total, shifts=True)
        return m


class BoothDigit(Datapath):
    """Booth-digit datapath: `lanes` (at least 1) elements in ceil(`width` / 2) cycles."""

    name = "booth_digit"
    planes_per_beat = DIGIT_BITS

    def check(self) -> None:
        if self.lanes < 1:
            raise ConfigError(f"lanes must be at least 1 for booth_digit, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes * DIGIT_BITS

    @property
    def column_operand(self) -> data.StructLayout:
        return column_operand(self.lanes)

    def beats(self, width: int) -> int:
        check_width(width)
        return -(-width // DIGIT_BITS)

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        planes = bit_planes(weights, DIGIT_BITS * self.beats(width))
        return [
            join(planes[low : low + DIGIT_BITS], self.lanes)
            for low in range(0, len(planes), DIGIT_BITS)
        ]

    def lane_of_bit(self, bit: int) -> int:
        return bit % self.lanes

    def column_edge(self) -> DigitColumnEdge:
        return DigitColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> BoothDigitUnit:
        return BoothDigitUnit(self)


def column_operand(lanes: int) -> data.StructLayout:
    """A digit per lane, and the surplus of the products of all of them, negated."""
    return data.StructLayout(
        {"digits": data.ArrayLayout(Digit, lanes), "surplus": total_bits(lanes)}
    )


def total_bits(lanes: int) -> int:
    """Bits of a sum of `lanes` codes times -2..2 in two's complement."""
    return bits_for(lanes * 2 * (2**ACTIVATION_BITS - 1)) + 1
