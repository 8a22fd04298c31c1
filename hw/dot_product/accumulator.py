"""The shift-accumulate that all lanes of a dot-product unit share."""

from amaranth.hdl import Module, Shape, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.interface import SHIFT_BITS


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
