"""The shift-accumulate that all lanes of a dot-product unit share, and how a unit ends in it."""

from typing import Protocol

from amaranth.hdl import Module, Shape, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.blocks import SHIFT_BITS, DotProductUnit


class ShiftAccumulator(wiring.Component):
    """accumulator <- (first ? 0 : accumulator) + (addend << shift), one cycle latency.

    addend: signed, any width. shift: 0..7, 3 bits, ignored unless `shifts`. enable, first: 1 bit.
    accumulator: signed, `width` bits, wraps modulo 2**width.
    """

    addend: Signal
    enable: Signal
    first: Signal
    shift: Signal
    accumulator: Signal

    def __init__(self, addend: Shape, width: int, *, shifts: bool = True):
        self.shifts = shifts
        super().__init__(
            {
                "addend": In(addend),
                "enable": In(1),
                "first": In(1),
                "shift": In(SHIFT_BITS),
                "accumulator": Out(signed(width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shifted = self.addend << self.shift if self.shifts else self.addend
        total = Signal.like(self.accumulator, reset_less=True)
        kept = total & (~self.first).replicate(len(total)).as_signed()
        with m.If(self.enable):
            m.d.sync += total.eq(kept + shifted)
        m.d.comb += self.accumulator.eq(total)
        return m


class Tree(Protocol):
    """The part of a unit that differs: combinational, from operands to a sum."""

    row: data.View
    column: data.View


def accumulate(m: Module, unit: DotProductUnit, tree: Tree, addend: Value, *, shifts: bool) -> None:
    """Wire `unit` from its operands through `tree` and the tree register to its accumulator.

    m: the unit's module. addend: what the tree gives for a step, in two's complement, any width.
    """
    total = Signal(signed(len(addend)), name="total", reset_less=True)
    accumulator = ShiftAccumulator(total.shape(), unit.accumulator_width, shifts=shifts)
    m.submodules.accumulate = accumulator
    with m.If(unit.control.tree_enable):
        m.d.sync += total.eq(addend)
    m.d.comb += [
        tree.row.eq(unit.row),
        tree.column.eq(unit.column),
        accumulator.addend.eq(total),
        accumulator.enable.eq(unit.control.accumulate_enable),
        accumulator.first.eq(unit.control.first),
    ]
    if shifts:
        m.d.comb += accumulator.shift.eq(unit.control.shift)
    m.d.comb += unit.accumulator.eq(accumulator.accumulator)
