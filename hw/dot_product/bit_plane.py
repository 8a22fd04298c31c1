"""Bit-plane dot product: one weight bit-plane a cycle, nothing shared between lanes.

The simplest bit-serial dot product: each lane's activation or 0, one tree, one shift-accumulate.
The sign plane's sum is inverted as in `pair_sum`, and `correction` brings the constant back.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import DotProductUnit
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    Datapath,
    bit_planes,
    check_group,
    check_width,
)
from hw.errors import ConfigError


class BitPlaneTree(wiring.Component):
    """Sum of the activations whose weight bit is set; combinational.

    row: `lanes` activations, unsigned 8 bits. column: a bit per lane. total: unsigned.
    """

    row: data.View
    column: data.View
    total: Signal

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(
            {
                "row": In(data.ArrayLayout(ACTIVATION_BITS, lanes)),
                "column": In(data.ArrayLayout(1, lanes)),
                "total": Out(bits_for(lanes * (2**ACTIVATION_BITS - 1))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        for lane in range(self.lanes):
            addend = Signal(ACTIVATION_BITS, name=f"addend_{lane}")
            m.d.comb += addend.eq(self.row[lane] & self.column[lane].replicate(ACTIVATION_BITS))
            tree.add(addend)
        m.d.comb += self.total.eq(tree.total())
        return m


class BitPlaneUnit(DotProductUnit):
    """Tree, sign-plane inversion, then shift by the bit-plane's weight and accumulate."""

    def __init__(self, datapath: "BitPlane"):
        self.lanes = datapath.lanes
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = BitPlaneTree(self.lanes)
        negate = self.control.negate
        signs = negate.replicate(len(tree.total))
        accumulate(m, self, tree, Cat(tree.total ^ signs, negate), shifts=True)
        return m


class BitPlane(Datapath):
    """Bit-plane datapath: `lanes` (at least 1) elements in `width` cycles."""

    name = "bit_plane"

    def check(self) -> None:
        if self.lanes < 1:
            raise ConfigError(f"lanes must be at least 1 for bit_plane, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(1, self.lanes)

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

    def unit(self) -> BitPlaneUnit:
        return BitPlaneUnit(self)
