"""Parallel INT8 dot product: the baseline, every product formed in one cycle (Baugh-Wooley).

Each lane's unsigned 8-bit activation times signed 8-bit weight is an 8x8 array of partial-product
bits whose sign row is inverted (Baugh and Wooley, 1973); one Dadda tree adds the bits of all lanes.
Narrower weights are sign-extended: the rate is one group a cycle at every width.

Inverting the sign row adds 255 * 2^7 per lane. The unit takes a power of two off its tree sum (one
inverter), having added what is missing to one: nothing is left to correct.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import DotProductUnit
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    MAX_WEIGHT_BITS,
    Datapath,
    check_group,
    check_width,
    join,
)
from hw.errors import ConfigError

SIGN_ROW_OFFSET = (2**ACTIVATION_BITS - 1) << (MAX_WEIGHT_BITS - 1)


class Int8Tree(wiring.Component):
    """Eight partial products a lane, one per weight bit; combinational.

    row, column: `lanes` activations and weights of 8 bits. total: their dot product plus
    2^(bits - 1), so that it is never negative; unsigned, `bits` = offset_log2(lanes) + 1 bits.
    """

    row: data.View
    column: data.View
    total: Signal

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(
            {
                "row": In(data.ArrayLayout(ACTIVATION_BITS, lanes)),
                "column": In(data.ArrayLayout(MAX_WEIGHT_BITS, lanes)),
                "total": Out(offset_log2(lanes) + 1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        tree.add_constant((1 << offset_log2(self.lanes)) - self.lanes * SIGN_ROW_OFFSET)
        for lane in range(self.lanes):
            activation, weight = self.row[lane], self.column[lane]
            for plane in range(MAX_WEIGHT_BITS):
                product = Signal(ACTIVATION_BITS, name=f"product_{lane}_{plane}")
                selected = activation & weight[plane].replicate(ACTIVATION_BITS)
                sign_row = plane == MAX_WEIGHT_BITS - 1
                m.d.comb += product.eq(~selected if sign_row else selected)
                tree.add(product, offset=plane)
        m.d.comb += self.total.eq(tree.total())
        return m


class Int8Unit(DotProductUnit):
    """Tree, offset removal, accumulate."""

    def __init__(self, datapath: "Int8"):
        self.lanes = datapath.lanes
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = Int8Tree(self.lanes)
        accumulate(m, self, tree, Cat(tree.total[:-1], ~tree.total[-1]), shifts=False)
        return m


class Int8(Datapath):
    """Parallel INT8 datapath: `lanes` (at least 1) elements a cycle at every width."""

    name = "int8"

    def check(self) -> None:
        if self.lanes < 1:
            raise ConfigError(f"lanes must be at least 1 for {self.name}, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes * MAX_WEIGHT_BITS

    @property
    def column_operand(self) -> data.Layout:
        return data.ArrayLayout(MAX_WEIGHT_BITS, self.lanes)

    def beats(self, width: int) -> int:
        check_width(width)
        return 1

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        mask = 2**MAX_WEIGHT_BITS - 1
        return [join([weight & mask for weight in weights], MAX_WEIGHT_BITS)]

    def lane_of_bit(self, bit: int) -> int:
        return bit // MAX_WEIGHT_BITS

    def unit(self) -> DotProductUnit:
        return Int8Unit(self)


def offset_log2(lanes: int) -> int:
    """Logarithm of the smallest power of two not below the tree's constant offset.

    Twice that power exceeds the largest tree sum: one bit more holds it.
    """
    return ceil_log2(lanes * SIGN_ROW_OFFSET)
