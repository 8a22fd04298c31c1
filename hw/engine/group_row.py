"""One array row's part of the group register: bank multiplexer, rotator and lanes."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from hw.config import EngineConfig
from hw.dot_product.interface import ACTIVATION_BITS


def bank_words_shape(config: EngineConfig) -> data.ArrayLayout:
    """What the banks deliver: [bank] 2W bytes, the even word lowest."""
    return data.ArrayLayout(8 * config.line_bytes, config.banks)


class GroupRow(wiring.Component):
    """Puts bytes of one line into lanes of the group.

    words: see `bank_words_shape`. bank: the one to take. amount: lane 0 gets byte `amount` of its
    line, lane 1 the next and so on, byte 0 after the last one.
    write: a bit per lane to be written at this edge. real: a bit per lane, those written without
    it become `pad_code`. inside: 1 bit; without it no lane is real.
    codes: the lanes' codes.
    """

    words: data.View
    bank: Signal
    amount: Signal
    write: Signal
    real: Signal
    inside: Signal
    pad_code: Signal
    codes: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        lanes = config.array.lanes
        super().__init__(
            {
                "words": In(bank_words_shape(config)),
                "bank": In(range(config.banks)),
                "amount": In(range(config.line_bytes)),
                "write": In(lanes),
                "real": In(lanes),
                "inside": In(1),
                "pad_code": In(ACTIVATION_BITS),
                "codes": Out(data.ArrayLayout(ACTIVATION_BITS, lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line = Signal(8 * self.config.line_bytes)
        with m.Switch(self.bank):
            for bank in range(self.config.banks):
                with m.Case(bank):
                    m.d.comb += line.eq(self.words[bank])
        for stage in range(exact_log2(self.config.line_bytes)):
            turned = Signal.like(line, name=f"turned_{stage}")
            bits = 8 << stage
            m.d.comb += turned.eq(Mux(self.amount[stage], Cat(line[bits:], line[:bits]), line))
            line = turned
        for lane in range(self.config.array.lanes):
            code = Signal(ACTIVATION_BITS, name=f"lane_{lane}", reset_less=True)
            real = self.inside & self.real[lane]
            with m.If(self.write[lane]):
                m.d.sync += code.eq(Mux(real, line.word_select(lane, 8), self.pad_code))
            m.d.comb += self.codes[lane].eq(code)
        return m
