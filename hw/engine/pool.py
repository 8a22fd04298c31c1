"""Pool unit: largest codes of a window, tile by tile."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.array import activations_shape
from hw.config import EngineConfig
from hw.dot_product.interface import ACTIVATION_BITS
from hw.matrix_unit import codes_shape


class Pool(wiring.Component):
    """Takes the groups of a window, gives the largest code of each channel in drain beats.

    groups: stream of activation groups; lane c of row r holds a code of channel c, lanes from
    `columns` on are ignored; `last` marks the window's last group.
    output: stream of `columns` / `drain_columns` beats per window, lowest channels first.

    Results taken at an edge can leave from the next one on. While they leave, the groups of the
    next window are taken, its last one together with the last beat at the earliest.
    """

    groups: stream.Interface
    output: stream.Interface

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "groups": In(stream.Signature(activations_shape(config.array))),
                "output": Out(stream.Signature(codes_shape(config.array))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        array = self.config.array
        shape = data.ArrayLayout(data.ArrayLayout(ACTIVATION_BITS, array.columns), array.rows)
        largest, maximum = Signal(shape, reset_less=True), Signal(shape)
        result = Signal(shape, reset_less=True)
        opens, take = Signal(init=1), Signal()
        remaining = Signal(range(array.drain_beats + 1))
        beat = array.drain_columns * ACTIVATION_BITS
        free = (remaining == 0) | (remaining == 1) & self.output.ready
        m.d.comb += [
            self.output.valid.eq(remaining != 0),
            self.groups.ready.eq(~self.groups.payload.last | free),
            take.eq(self.groups.valid & self.groups.ready),
        ]
        for row in range(array.rows):
            m.d.comb += self.output.payload[row].as_value().eq(result[row].as_value()[:beat])
            for column in range(array.columns):
                code, before = self.groups.payload.codes[row][column], largest[row][column]
                m.d.comb += maximum[row][column].eq(Mux(opens | (code > before), code, before))
        with m.If(take):
            m.d.sync += [largest.eq(maximum), opens.eq(self.groups.payload.last)]
        with m.If(take & self.groups.payload.last):
            m.d.sync += [result.eq(maximum), remaining.eq(array.drain_beats)]
        with m.Elif(self.output.valid & self.output.ready):
            m.d.sync += remaining.eq(remaining - 1)
            for row in range(array.rows):
                m.d.sync += result[row].as_value().eq(result[row].as_value()[beat:])
        return m
