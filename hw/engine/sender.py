"""Sender: reads the result tensor line by line and puts it on a 32-bit stream."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.load_port import SLICE_BITS
from hw.engine.loader import ROW_WORDS_BITS, StreamWord
from hw.engine.program import EXTENT_BITS, LINE_BITS, Descriptor


class Sender(wiring.Component):
    """Sends ceil(output_row_bytes / 4) words for each row, `last` with the very last one.

    descriptor: its output fields say where the tensor is; stable while sending.
    start: 1 bit, pulse. stop: 1 bit, pulse: ends the result early.
    send_enable, send_bank, send_line, send_data: of `LayerUnit`.
    words: stream of `StreamWord`; the outputs are registers. A word a cycle, the first one valid
    after the second edge behind the one that sees `start`.
    finished: 1 bit, pulse: the result's last word is taken at this edge.
    address_error: 1 bit, pulse: a line lies beyond the memory.

    What is on the stream stays there until it is taken, through `stop` too. A result that ended
    early is closed by a word of 0 with `last`.
    """

    descriptor: data.View
    start: Signal
    stop: Signal
    send_enable: Signal
    send_bank: Signal
    send_line: Signal
    send_data: Signal
    words: stream.Interface
    finished: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        self.slices = 8 * config.line_bytes // SLICE_BITS
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "stop": In(1),
                "send_enable": Out(1),
                "send_bank": Out(range(config.banks)),
                "send_line": Out(LINE_BITS),
                "send_data": In(8 * config.line_bytes),
                "words": Out(stream.Signature(StreamWord)),
                "finished": Out(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # held: send_data has words that were not sent.
        opening, held = Signal(), Signal()
        advance, ends_line, ends_row, ends_tensor = Signal(), Signal(), Signal(), Signal()
        reads, beyond = Signal(), Signal()
        index = Signal(range(self.slices))
        words_left, rows_left = Signal(ROW_WORDS_BITS), Signal(EXTENT_BITS)
        m.d.comb += [
            ends_row.eq(words_left == 1),
            ends_line.eq(ends_row | (index == self.slices - 1)),
            ends_tensor.eq(ends_row & (rows_left == 1)),
            reads.eq(opening | advance & ends_line & ~ends_tensor),
            beyond.eq(self._next_line(m, opening, ends_row, reads)),
            self.send_enable.eq(reads & ~beyond),
            self.address_error.eq(reads & beyond),
        ]
        m.d.sync += opening.eq(self.start & ~self.stop)
        with m.If(self.start):
            m.d.sync += [
                index.eq(0),
                words_left.eq(self._row_words()),
                rows_left.eq(self.descriptor.output_height),
            ]
        with m.Elif(advance):
            m.d.sync += [
                index.eq(Mux(ends_line, 0, index + 1)),
                words_left.eq(Mux(ends_row, self._row_words(), words_left - 1)),
                rows_left.eq(rows_left - ends_row),
            ]
        with m.If(self.stop):
            m.d.sync += held.eq(0)
        with m.Elif(reads):
            m.d.sync += held.eq(~beyond)
        with m.Elif(advance & ends_tensor):
            m.d.sync += held.eq(0)
        self._output(m, held, advance, ends_tensor, index)
        return m

    def _row_words(self) -> Value:
        return (self.descriptor.output_row_bytes + 3) >> 2

    def _next_line(self, m: Module, opening: Value, ends_row: Value, reads: Value) -> Value:
        """Address of the line that is read next; returns whether it lies beyond the memory."""
        layer = self.descriptor
        line, row_line, target = (Signal(LINE_BITS + 1) for _ in range(3))
        bank, last_bank = Signal.like(self.send_bank), Signal()
        m.d.comb += [
            last_bank.eq(bank == self.config.banks - 1),
            self.send_bank.eq(bank),
            target.eq(line + 1),
            self.send_line.eq(target),
        ]
        with m.If(opening):
            m.d.comb += [self.send_bank.eq(0), target.eq(layer.output_base)]
        with m.Elif(ends_row):
            m.d.comb += [
                self.send_bank.eq(Mux(last_bank, 0, bank + 1)),
                target.eq(row_line + Mux(last_bank, layer.output_pitch, 0)),
            ]
        with m.If(reads):
            m.d.sync += [bank.eq(self.send_bank), line.eq(target)]
            with m.If(opening | ends_row):
                m.d.sync += row_line.eq(target)
        return target >= self.config.activation_lines

    def _output(
        self, m: Module, held: Value, advance: Signal, ends_tensor: Value, index: Value
    ) -> None:
        """The stream's registers, which only its receiver can empty."""
        out = self.words
        # unfinished: the latest word had no `last`. closing: a closing word has to come.
        free, unfinished, closing, sends_last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            free.eq(~out.valid | out.ready),
            advance.eq(held & free & ~closing),
            self.finished.eq(out.valid & out.ready & sends_last),
        ]
        with m.If(free):
            m.d.sync += [out.valid.eq(advance | closing), closing.eq(0), sends_last.eq(0)]
        with m.If(advance):
            m.d.sync += [
                out.payload.data.eq(self.send_data.word_select(index, SLICE_BITS)),
                out.payload.last.eq(ends_tensor),
                sends_last.eq(ends_tensor),
                unfinished.eq(~ends_tensor),
            ]
        with m.Elif(free & closing):
            m.d.sync += [out.payload.data.eq(0), out.payload.last.eq(1), unfinished.eq(0)]
        with m.If(self.stop):
            m.d.sync += sends_last.eq(0)
            with m.If(Mux(advance, ~ends_tensor, unfinished & ~(free & closing))):
                m.d.sync += closing.eq(1)
