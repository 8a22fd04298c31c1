"""The serial shift-add MAC: one weight bit a cycle, an accumulator of its own, zero bits skipped.

The unit of a plain shift-add array: the shifted activation is added where the weight's bit is set.
Zero bits cost no cycle where all columns have them, because the columns step together; with one
column that is every zero bit. Which plane a step belongs to therefore comes with the weights.

The steps being common, shifting and negating (for the sign plane) are too: the row edge does both,
and the unit is left with an AND, an adder and the accumulator. The first pipeline stage is in the
edges. A skipped sign plane leaves no constant behind because the negation is a true one.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data

from hw.dot_product.blocks import BeatPlace, DotProductUnit, Edge, registered
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    MAX_WEIGHT_BITS,
    Datapath,
    bit_planes,
    check_group,
    check_width,
)
from hw.errors import ConfigError

# The shifted activation; to negate it, all bits are inverted and 1 is added.
SHIFTED_BITS = ACTIVATION_BITS + MAX_WEIGHT_BITS - 1
Addend = data.StructLayout({"bits": SHIFTED_BITS, "negative": 1})


class SerialRowEdge(Edge):
    """Holds an activation, then shifts and inverts it for each step."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = registered(m, "held", self.word, self.load)
        addend = Signal(Addend)
        signs = self.control.negate.replicate(SHIFTED_BITS)
        m.d.comb += [
            addend.bits.eq((held[0] << self.control.place) ^ signs),
            addend.negative.eq(self.control.negate),
            self.operand.eq(registered(m, "addend", addend, self.control.tree_enable)),
        ]
        return m


class SerialColumnEdge(Edge):
    """Delays the weight bit by the cycle that the row edge shifts in."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = registered(m, "held", self.word, self.load)
        delayed = registered(m, "delayed", held, self.control.tree_enable)
        m.d.comb += self.operand.as_value().eq(delayed)
        return m


class SerialUnit(DotProductUnit):
    """accumulator <- (first ? 0 : accumulator) + (bit ? addend : 0)."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        total = Signal.like(self.accumulator, reset_less=True)
        kept = total & (~self.control.first).replicate(len(total)).as_signed()
        chosen = Signal(Addend)
        m.d.comb += [
            chosen.eq(self.row.as_value() & self.column[0].replicate(Addend.size)),
            self.accumulator.eq(total),
        ]
        # A bit below both operands carries in the 1 of the negation: one adder.
        addend = Cat(chosen.negative, chosen.bits, chosen.negative).as_signed()
        with m.If(self.control.accumulate_enable):
            m.d.sync += total.eq((Cat(1, kept).as_signed() + addend) >> 1)
        return m


class Serial(Datapath):
    """Serial datapath: one lane; as many cycles as planes have a set bit, 1 to `width`."""

    name = "serial"
    skips = True

    def check(self) -> None:
        if self.lanes != 1:
            raise ConfigError(f"lanes must be 1 for serial, not {self.lanes}")

    @property
    def beat_bits(self) -> int:
        return 1

    @property
    def row_operand(self) -> data.StructLayout:
        return Addend

    @property
    def column_operand(self) -> data.ArrayLayout:
        return data.ArrayLayout(1, 1)

    def beats(self, width: int) -> int:
        check_width(width)
        return width

    def pack(self, weights: Sequence[int], width: int) -> list[int]:
        check_group(weights, self.lanes, width)
        return bit_planes(weights, width)

    def group_words(self, columns: Sequence[Sequence[int]], width: int) -> list[int]:
        planes = super().group_words(columns, width)
        kept = [plane for plane, bits in enumerate(planes) if bits] or [0]
        words = []
        for plane in kept:
            place: dict[int | str, int] = {
                "place": plane,
                "negate": plane == width - 1,
                "closes_group": plane == kept[-1],
            }
            above = BeatPlace.const(place).as_value().value
            words.append(planes[plane] | above << len(columns) * self.beat_bits)
        return words

    def lane_of_bit(self, bit: int) -> int:
        return bit

    def row_edge(self) -> SerialRowEdge:
        return SerialRowEdge(self.lanes, self.activations, self.row_operand)

    def column_edge(self) -> SerialColumnEdge:
        return SerialColumnEdge(self.lanes, self.beat_bits, self.column_operand)

    def unit(self) -> SerialUnit:
        return SerialUnit(self.row_operand, self.column_operand, self.accumulator_width)
