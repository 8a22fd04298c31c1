"""Residual adder: one code plus one code, each brought to the output's scale (ARCHITECTURE.md)."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.interface import ACTIVATION_BITS
from hw.requantizer import MULTIPLIER_BITS, RIGHT_SHIFT_BITS

# Clock edges from a code at the input to the sum's code on the output.
ADD_LATENCY = 2

# Two products of 9 bits signed and 16 bits unsigned.
SUM_BITS = ACTIVATION_BITS + 1 + MULTIPLIER_BITS + 1

# Per layer. enable: without it codes pass unchanged. shift: 1..47. main is what the layer computed.
AddParameters = data.StructLayout(
    {
        "enable": 1,
        "multiplier_main": MULTIPLIER_BITS,
        "multiplier_residual": MULTIPLIER_BITS,
        "zero_main": ACTIVATION_BITS,
        "zero_residual": ACTIVATION_BITS,
        "shift": RIGHT_SHIFT_BITS,
        "zero_point": ACTIVATION_BITS,
        "minimum": ACTIVATION_BITS,
        "maximum": ACTIVATION_BITS,
    }
)


class ResidualAdder(wiring.Component):
    """code = clamp(zero_point + (sum of (code - zero) * multiplier >> shift, rounded half up)).

    layer: see `AddParameters`, constant during a layer.
    main, residual: unsigned 8 bits. code: unsigned 8 bits, `ADD_LATENCY` edges later, always.
    valid: 1 bit, with main and residual; without it the pipeline's first stage stands still.
    """

    layer: data.View
    valid: Signal
    main: Signal
    residual: Signal
    code: Signal

    def __init__(self) -> None:
        super().__init__(
            {
                "layer": In(AddParameters),
                "valid": In(1),
                "main": In(ACTIVATION_BITS),
                "residual": In(ACTIVATION_BITS),
                "code": Out(ACTIVATION_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        total = Signal(signed(SUM_BITS), reset_less=True)
        passed, code = (Signal(ACTIVATION_BITS, reset_less=True) for _ in range(2))
        with m.If(self.valid & layer.enable):
            m.d.sync += total.eq(
                (self.main - layer.zero_main) * layer.multiplier_main
                + (self.residual - layer.zero_residual) * layer.multiplier_residual
            )
        with m.If(self.valid & ~layer.enable):
            m.d.sync += passed.eq(self.main)
        m.d.sync += code.eq(Mux(layer.enable, self._requantized(m, total), passed))
        m.d.comb += self.code.eq(code)
        return m

    def _requantized(self, m: Module, total: Signal) -> Signal:
        """Halve last, rounding up: 2^(shift-1) need not be formed."""
        layer = self.layer
        doubled = Signal(signed(SUM_BITS))
        shifted = Signal(signed(SUM_BITS + 1))
        clamped = Signal(ACTIVATION_BITS)
        above, below = shifted > layer.maximum, shifted < layer.minimum
        m.d.comb += [
            doubled.eq(total >> (layer.shift - 1)[:RIGHT_SHIFT_BITS]),
            shifted.eq(((doubled + 1) >> 1) + layer.zero_point),
            clamped.eq(Mux(below, layer.minimum, Mux(above, layer.maximum, shifted))),
        ]
        return clamped
