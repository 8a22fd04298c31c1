"""Requantizer: from an accumulator to an activation code (ARCHITECTURE.md, requantize)."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.interface import ACTIVATION_BITS

BIAS_BITS = 32
MULTIPLIER_BITS = 16
RIGHT_SHIFT_BITS = 6
PRODUCT_BITS = BIAS_BITS + MULTIPLIER_BITS

# Clock edges from an accumulator at the input to its code on the output.
REQUANTIZER_LATENCY = 3

# Per output channel. bias: includes the datapath's correction. shift: 1..47.
ChannelParameters = data.StructLayout(
    {"bias": signed(BIAS_BITS), "multiplier": MULTIPLIER_BITS, "shift": RIGHT_SHIFT_BITS}
)

# Per layer. An activation code is clamped to minimum..maximum.
LayerParameters = data.StructLayout(
    {"zero_point": ACTIVATION_BITS, "minimum": ACTIVATION_BITS, "maximum": ACTIVATION_BITS}
)


class Requantizer(wiring.Component):
    """code = clamp(zero_point + ((accumulator + bias) * multiplier >> shift, rounded half up)).

    accumulator: signed, `accumulator_width` bits. The bias is added modulo 2^32: the true sum must
    fit 32 bits signed, the bias alone may have wrapped around.
    channel: see `ChannelParameters`, taken with the accumulator.
    layer: see `LayerParameters`, constant during a layer.
    enable: 1 bit, moves all three pipeline stages on.
    code: unsigned 8 bits, `REQUANTIZER_LATENCY` enabled clock edges later.
    """

    accumulator: Signal
    channel: data.View
    layer: data.View
    enable: Signal
    code: Signal

    def __init__(self, accumulator_width: int):
        super().__init__(
            {
                "accumulator": In(signed(accumulator_width)),
                "channel": In(ChannelParameters),
                "layer": In(LayerParameters),
                "enable": In(1),
                "code": Out(ACTIVATION_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        biased = Signal(signed(BIAS_BITS), reset_less=True)
        multiplier = Signal(MULTIPLIER_BITS, reset_less=True)
        biased_shift, product_shift = (Signal(RIGHT_SHIFT_BITS, reset_less=True) for _ in range(2))
        product = Signal(signed(PRODUCT_BITS), reset_less=True)
        code = Signal(ACTIVATION_BITS, reset_less=True)
        with m.If(self.enable):
            m.d.sync += [
                biased.eq(self.accumulator + self.channel.bias),
                multiplier.eq(self.channel.multiplier),
                biased_shift.eq(self.channel.shift),
                product.eq(biased * multiplier),
                product_shift.eq(biased_shift),
                code.eq(self._clamp(m, self._round(m, product, product_shift))),
            ]
        m.d.comb += self.code.eq(code)
        return m

    def _round(self, m: Module, product: Signal, shift: Signal) -> Signal:
        """(product + 2^(shift-1)) >> shift, without forming 2^(shift-1): halve rounding up last."""
        doubled = Signal(signed(PRODUCT_BITS))
        rounded = Signal(signed(PRODUCT_BITS))
        m.d.comb += [
            doubled.eq(product >> (shift - 1)[:RIGHT_SHIFT_BITS]),
            rounded.eq((doubled + 1) >> 1),
        ]
        return rounded

    def _clamp(self, m: Module, rounded: Signal) -> Signal:
        """Add the zero-point and saturate."""
        shifted = Signal(signed(PRODUCT_BITS + 1))
        clamped = Signal(ACTIVATION_BITS)
        layer = self.layer
        m.d.comb += [
            shifted.eq(rounded + layer.zero_point),
            clamped.eq(
                Mux(
                    shifted < layer.minimum,
                    layer.minimum,
                    Mux(shifted > layer.maximum, layer.maximum, shifted[:ACTIVATION_BITS]),
                )
            ),
        ]
        return clamped
