"""Who uses the activation memory's second ports: writer, residual reader, host."""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from hw.config import EngineConfig
from hw.engine.activation_memory import PARITIES, access_shape
from hw.engine.group_row import bank_words_shape
from hw.engine.load_port import LoadPort, LoadTarget
from hw.engine.program import LINE_BITS
from hw.engine.word_pointer import word_place_shape


class Access(wiring.Component):
    """One access at a time: the writer's first, then the residual reader's, then the host's.

    write, write_place, words: of `Writer`. read, read_place: of `ResidualReader`; not together
    with `write`. residual: [array row] the words read last, until the next read.
    load: slices that the host writes. send_*: line that the host reads; send_data: the line, from
    the edge after on. Load and send only while no layer runs.
    access, accessed: to `ActivationMemory`.
    """

    write: Signal
    write_place: data.View
    words: data.View
    read: Signal
    read_place: data.View
    residual: data.View
    load: data.View
    send_enable: Signal
    send_bank: Signal
    send_line: Signal
    send_data: Signal
    access: data.View
    accessed: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        words = data.ArrayLayout(8 * config.word_bytes, config.array.rows)
        super().__init__(
            {
                "write": In(1),
                "write_place": In(word_place_shape(config)),
                "words": In(words),
                "read": In(1),
                "read_place": In(word_place_shape(config)),
                "residual": Out(words),
                "load": In(LoadPort),
                "send_enable": In(1),
                "send_bank": In(range(config.banks)),
                "send_line": In(LINE_BITS),
                "send_data": Out(8 * config.line_bytes),
                "access": Out(access_shape(config)),
                "accessed": In(bank_words_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        access, load = self.access, self.load
        m.d.comb += [access.slices.eq(~0), access.words.eq(self.words)]
        with m.If(self.write):
            m.d.comb += access.line.eq(self.write_place.line)
            self._select(m, access.write, self.write_place)
        with m.Elif(self.read):
            m.d.comb += access.line.eq(self.read_place.line)
            self._select(m, access.read, self.read_place)
        with m.Elif(load.valid & (load.target == LoadTarget.ACTIVATIONS)):
            self._load(m)
        with m.Elif(self.send_enable):
            m.d.comb += access.line.eq(self.send_line)
            for bank in range(self.config.banks):
                m.d.comb += access.read[bank].eq((self.send_bank == bank).replicate(PARITIES))
        self._results(m)
        return m

    def _select(self, m: Module, banks: data.View, place: data.View) -> None:
        """The sub-banks of a word in every row of `place`."""
        rows = self.config.array.rows
        for bank in range(self.config.banks):
            here = place.rows[bank % rows] & (place.upper == bank // rows)
            m.d.comb += banks[bank].eq(Cat(here & ~place.odd, here & place.odd))

    def _load(self, m: Module) -> None:
        access, load = self.access, self.load
        slices = len(access.slices)
        bits = exact_log2(slices)
        m.d.comb += [access.line.eq(load.address), access.slices.eq(1 << load.lane[:bits])]
        for row in range(self.config.array.rows):
            m.d.comb += access.words[row].eq(load.data.replicate(slices))
        for bank in range(self.config.banks):
            for parity in range(PARITIES):
                here = (load.bank == bank) & ((load.lane >> bits) == parity)
                m.d.comb += access.write[bank][parity].eq(here)

    def _results(self, m: Module) -> None:
        """Words of the last read, from the sub-banks that it used."""
        rows, word_bits = self.config.array.rows, 8 * self.config.word_bytes
        upper, odd = Signal(), Signal()
        bank = Signal.like(self.send_bank)
        with m.If(self.read):
            m.d.sync += [upper.eq(self.read_place.upper), odd.eq(self.read_place.odd)]
        with m.If(self.send_enable):
            m.d.sync += bank.eq(self.send_bank)
        for row in range(rows):
            halves: list[Value] = [self.accessed[row], self.accessed[row + rows]]
            with m.If(upper):
                m.d.comb += self.residual[row].eq(halves[1].word_select(odd, word_bits))
            with m.Else():
                m.d.comb += self.residual[row].eq(halves[0].word_select(odd, word_bits))
        with m.Switch(bank):
            for index in range(self.config.banks):
                with m.Case(index):
                    m.d.comb += self.send_data.eq(self.accessed[index])
