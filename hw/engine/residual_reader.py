"""Residual reader: the words of the tensor that is added to a layer's codes, in their order."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from hw.config import EngineConfig
from hw.engine.program import BYTES_BITS, EXTENT_BITS, Descriptor
from hw.engine.word_pointer import WordPointer, word_place_shape


class ResidualReader(wiring.Component):
    """Keeps the next word of every row at hand, read as soon as the port is free.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    busy: 1 bit, the port writes at this edge. read: 1 bit, it reads the words at `place`.
    valid: the words of the next chunk have been read. take: the last chunk of them leaves at this
    edge. address_error: 1 bit, the words read lie beyond the memory.

    The first words are read at the first edge after `start` that is not busy, the next ones at the
    first edge from `take` on that is not; they are valid after it. A tensor of the output's size is
    read: ceil(output_row_bytes / W) words for each tile row, of the rows within output_height.
    """

    descriptor: data.View
    start: Signal
    busy: Signal
    read: Signal
    place: data.View
    valid: Signal
    take: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "busy": In(1),
                "read": Out(1),
                "place": Out(word_place_shape(config)),
                "valid": Out(1),
                "take": In(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, word_bits = self.descriptor, exact_log2(self.config.word_bytes)
        m.submodules.pointer = pointer = WordPointer(self.config)
        words, words_left = Signal(BYTES_BITS), Signal(BYTES_BITS)
        rows_left = Signal(EXTENT_BITS)
        start, ends_row = Signal(), Signal()
        m.d.comb += [
            start.eq(self.start & layer.residual),
            words.eq((layer.output_row_bytes + self.config.word_bytes - 1) >> word_bits),
            ends_row.eq(words_left == 1),
            self.read.eq((rows_left != 0) & (~self.valid | self.take) & ~self.busy),
            pointer.base.eq(layer.residual_base),
            pointer.pitch.eq(layer.residual_pitch),
            pointer.height.eq(layer.output_height),
            pointer.start.eq(start),
            pointer.next_word.eq(self.read),
            pointer.next_row.eq(self.read & ends_row),
            self.place.eq(pointer.place),
            self.address_error.eq(
                self.read
                & pointer.place.rows.any()
                & (pointer.place.line >= self.config.activation_lines)
            ),
        ]
        with m.If(start):
            m.d.sync += [words_left.eq(words), rows_left.eq(layer.tile_rows)]
        with m.Elif(self.read):
            m.d.sync += words_left.eq(words_left - 1)
            with m.If(ends_row):
                m.d.sync += [words_left.eq(words), rows_left.eq(rows_left - 1)]
        with m.If(self.read):
            m.d.sync += self.valid.eq(1)
        with m.Elif(self.take):
            m.d.sync += self.valid.eq(0)
        return m
