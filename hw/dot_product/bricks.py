"""Bricks of 8-bit activation x 2-bit weight that join for wider weights (after BitFusion, 2018).

Four bricks are a quad, which holds four elements of the group. At 2 bits each brick has a weight of
its own and the quad takes its four elements in one beat; at 3 and 4 bits two bricks share a weight,
two elements a beat; at 5 to 8 bits the quad has one weight and takes its elements one by one. The
row edge routes each brick its element's activation, once for all columns.

All bricks of the same place in their quad have the same shift, so it is applied to their common
sum and not per brick. Weights are sign-extended to 2, 4 or 8 bits; a sum of sign bits is subtracted
by inverting it. The constant that this lacks depends on the width; it is added in the tree, made a
power of two that the unit takes off again as `int8` does.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2

from hw.compressor import CompressorTree
from hw.dot_product.accumulator import accumulate
from hw.dot_product.blocks import BEATS_BITS, DotProductUnit, Edge, registered
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    MAX_WEIGHT_BITS,
    Datapath,
    check_group,
    check_width,
    join,
)
from hw.errors import ConfigError

QUAD = 4
BRICK_BITS = 2

# Bricks per weight, by which the ways to join them are told apart: also the beats of a group.
JOINS = (1, 2, 4)


def element(brick: int, beat: int, joined: int) -> int:
    """Element of its quad that a brick works on."""
    return brick // joined * joined + beat


def part(brick: int, joined: int) -> int:
    """Which two bits of that element's weight the brick has."""
    return brick % joined


class BrickRowEdge(Edge):
    """Holds a group and routes each brick its activation, beat by beat."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = registered(m, "held", self.word, self.load)
        for brick in range(QUAD):
            chosen = Signal(range(QUAD), name=f"chosen_{brick}")
            beat = self.control.beat[: len(chosen)]
            for joined in JOINS:
                with m.If(self.control.beats == joined):
                    m.d.comb += chosen.eq(element(brick, 0, joined) | beat)
            source = registered(m, f"source_{brick}", chosen, self.control.load_beat)
            for first in range(0, self.lanes, QUAD):
                low = Mux(source[0], held[first + 1], held[first])
                high = Mux(source[0], held[first + 3], held[first + 2])
                m.d.comb += self.operand[first + brick].eq(Mux(source[1], high, low))
        return m


class BrickTree(wiring.Component):
    """Sum of all bricks at their places, plus 2^(bits - 1) so that it is never negative.

    row: an activation per brick. column: two weight bits per brick. beats: 1, 2 or 4, the way the
    bricks are joined. total: unsigned, `bits` = offset_log2(lanes) + 1 bits. Combinational.
    """

    row: data.View
    column: data.View
    beats: Signal
    total: Signal

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(
            {
                "row": In(data.ArrayLayout(ACTIVATION_BITS, lanes)),
                "column": In(data.ArrayLayout(BRICK_BITS, lanes)),
                "beats": In(BEATS_BITS),
                "total": Out(offset_log2(lanes) + 1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        tree = CompressorTree(m, len(self.total))
        for brick in range(QUAD):
            for row in self._place_sum(m, brick):
                shifted = {j: row.shift_left(BRICK_BITS * part(brick, j)) for j in JOINS}
                tree.add(self._by_join(m, shifted))
        offset = 1 << (len(self.total) - 1)
        missing = {joined: offset - self._surplus(joined) for joined in JOINS}
        width = len(self.total)
        tree.add(self._by_join(m, {j: Const(value, width) for j, value in missing.items()}))
        m.d.comb += self.total.eq(tree.total())
        return m

    def _place_sum(self, m: Module, brick: int) -> tuple[Value, Value]:
        """Two rows: the sum of one brick of each quad, its upper bit's inverted for a sign."""
        quads = range(brick, self.lanes, QUAD)
        bits = upper_bits(self.lanes)
        inner, outer = CompressorTree(m, bits), CompressorTree(m, bits + 3)
        for bit, tree in enumerate((outer, inner)):
            for lane in quads:
                addend = Signal(ACTIVATION_BITS, name=f"addend_{lane}_{bit}")
                chosen = self.column[lane][bit].replicate(ACTIVATION_BITS)
                m.d.comb += addend.eq(self.row[lane] & chosen)
                tree.add(addend)
        sign = Cat(*(self.beats == j for j in JOINS if part(brick, j) == j - 1)).any()
        for row in inner.rows():
            inverted = Signal(bits, name=f"upper_{brick}")
            m.d.comb += inverted.eq(row ^ sign.replicate(bits))
            outer.add(inverted, offset=1)
        return outer.rows()

    def _surplus(self, joined: int) -> int:
        """What the inverted rows add too much: two rows of ones for each place with a sign."""
        ones = 2 * ((1 << upper_bits(self.lanes)) - 1)
        return sum(
            2 * ones << BRICK_BITS * part(brick, joined)
            for brick in range(QUAD)
            if part(brick, joined) == joined - 1
        )

    def _by_join(self, m: Module, values: dict[int, Value]) -> Value:
        """The value of the join that `beats` tells: one bit of it for each."""
        narrow, middle, wide = (values[joined] for joined in JOINS)
        value = Signal(len(self.total), name="by_join")
        m.d.comb += value.eq(Mux(self.beats[2], wide, Mux(self.beats[1], middle, narrow)))
        return value


class BrickUnit(DotProductUnit):
    """Tree, offset removal, accumulate."""

    def __init__(self, datapath: "Bricks"):
        self.lanes = datapath.lanes
        super().__init__(datapath.row_operand, datapath.column_operand, datapath.accumulator_width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.tree = tree = BrickTree(self.lanes)
        m.d.comb += tree.beats.eq(self.control.beats)
        accumulate(m, self, tree, Cat(tree.total[:-1], ~tree.total[-1]), shifts=False)
        return m


class Bricks(Datapath):
    """Brick datapath: `lanes` (a multiple of 4) elements in 1, 2 or 4 cycles at 2, 4 or 8 bits."""

    name = "bricks"
    planes_per_beat = 0
    fixed_slots = False

    def check(self) -> None:
        if self.lanes < QUAD or self.lanes % QUAD:
            raise ConfigError(f"lanes must be a multiple of 4 for bricks, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return self.lanes * BRICK_BITS

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(BRICK_BITS, self.lanes)

    def beats(self, width: int) -> int:
        check_width(width)
        return 1 << ceil_log2(-(-width // BRICK_BITS))

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        joined, mask = self.beats(width), (1 << BRICK_BITS) - 1
        beats = []
        for beat in range(joined):
            fields = []
            for lane in range(self.lanes):
                first, brick = lane // QUAD * QUAD, lane % QUAD
                weight = weights[first + element(brick, beat, joined)]
                fields.append(weight >> BRICK_BITS * part(brick, joined) & mask)
            beats.append(join(fields, BRICK_BITS))
        return beats

    def lane_of_bit(self, bit: int) -> int:
        raise ConfigError(f"weight bit {bit} of bricks belongs to a lane that depends on the width")

    def row_edge(self) -> BrickRowEdge:
        return BrickRowEdge(self.lanes, self.activations, self.row_operand)

    def unit(self) -> BrickUnit:
        return BrickUnit(self)


def upper_bits(lanes: int) -> int:
    """Bits of the sum of one brick's activations over all quads."""
    return bits_for(lanes // QUAD * (2**ACTIVATION_BITS - 1))


def offset_log2(lanes: int) -> int:
    """Logarithm of a power of two that no negative sum of a beat exceeds."""
    return ceil_log2(lanes // QUAD * (2**ACTIVATION_BITS - 1) * 2 ** (MAX_WEIGHT_BITS - 1))
