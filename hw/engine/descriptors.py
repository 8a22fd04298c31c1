"""Reads descriptors from program memory ahead of their use, and checks them."""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2

from hw.config import EngineConfig
from hw.dot_product.interface import MAX_WEIGHT_BITS, MIN_WEIGHT_BITS
from hw.engine.program import (
    DESCRIPTOR_WORDS,
    WORD_BITS,
    Descriptor,
    ErrorCode,
    Opcode,
)

ERROR_BITS = 4
MIN_ADD_SHIFT, MAX_ADD_SHIFT = 1, 47

# Clock edges from the one that sees `first` or `following` to the first one that can take it.
READ_CYCLES = DESCRIPTOR_WORDS + 2

_END_COUNTS = ("output_height", "output_row_bytes")
_LAYER_COUNTS = (
    *_END_COUNTS,
    "input_height",
    "input_row_bytes",
    "kernel_rows",
    "segments",
    "segment_bytes",
    "tile_rows",
    "columns",
    "groups",
    "tiles",
    "last_chunks",
)
_MAC_COUNTS = (*_LAYER_COUNTS, "weight_steps", "parameter_words")


class DescriptorReader(wiring.Component):
    """Shifts the words of a descriptor into a register, `READ_CYCLES` each.

    first, following: 1 bit, pulse: read the program's first, the next descriptor.
    length: words of the program. address, word: of `ProgramMemory`.
    descriptor, valid: the descriptor that was read; the next request takes it away.
    beyond: 1 bit, with `valid`: the program ended before the descriptor did.
    """

    first: Signal
    following: Signal
    length: Signal
    address: Signal
    word: Signal
    descriptor: data.View
    valid: Signal
    beyond: Signal

    def __init__(self, config: EngineConfig):
        self.depth = config.program_words
        super().__init__(
            {
                "first": In(1),
                "following": In(1),
                "length": In(bits_for(self.depth)),
                "address": Out(ceil_log2(self.depth)),
                "word": In(WORD_BITS),
                "descriptor": Out(Descriptor),
                "valid": Out(1),
                "beyond": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = Signal(DESCRIPTOR_WORDS * WORD_BITS, reset_less=True)
        position = Signal(range(self.depth + DESCRIPTOR_WORDS + 1))
        left = Signal(range(DESCRIPTOR_WORDS + 1))
        reading, arriving = Signal(), Signal()
        m.d.comb += [
            reading.eq(left != 0),
            self.address.eq(position),
            self.descriptor.as_value().eq(words),
            self.beyond.eq(position > self.length),
        ]
        m.d.sync += arriving.eq(reading)
        with m.If(reading):
            m.d.sync += [left.eq(left - 1), position.eq(position + 1)]
        with m.If(arriving):
            m.d.sync += [words.eq(Cat(words[WORD_BITS:], self.word)), self.valid.eq(~reading)]
        with m.If(self.first | self.following):
            m.d.sync += [left.eq(DESCRIPTOR_WORDS), self.valid.eq(0)]
        with m.If(self.first):
            m.d.sync += position.eq(0)
        return m


class DescriptorCheck(wiring.Component):
    """What is wrong with a descriptor; combinational.

    descriptor: any bits. error: `ErrorCode` OPCODE, WEIGHT_WIDTH or FIELD, or NONE.
    FIELD: a count is 0, last_chunks exceeds a tile, add_shift is out of 1..47 with a residual, a
    segment is not `columns` bytes (diagonal and MAX_POOL), or the rows of the array would read the
    same bank (row_step other than 1 and 2 where there are several rows on both sides).
    """

    descriptor: data.View
    error: Signal

    def __init__(self, config: EngineConfig):
        self.array = config.array
        super().__init__({"descriptor": In(Descriptor), "error": Out(ERROR_BITS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.descriptor
        bad_width = (layer.bits < MIN_WEIGHT_BITS) | (layer.bits > MAX_WEIGHT_BITS)
        with m.Switch(layer.opcode):
            with m.Case(Opcode.END):
                m.d.comb += self.error.eq(self._field_error(self._zero(_END_COUNTS)))
            with m.Case(Opcode.MAC):
                wrong = self._zero(_MAC_COUNTS) | layer.diagonal & self._segment_is_wrong()
                m.d.comb += self.error.eq(self._field_error(wrong | self._layer_is_wrong()))
                with m.If(bad_width):
                    m.d.comb += self.error.eq(ErrorCode.WEIGHT_WIDTH)
            with m.Case(Opcode.MAX_POOL):
                wrong = self._zero(_LAYER_COUNTS) | self._segment_is_wrong()
                m.d.comb += self.error.eq(self._field_error(wrong | self._layer_is_wrong()))
            with m.Default():
                m.d.comb += self.error.eq(ErrorCode.OPCODE)
        return m

    def _field_error(self, wrong: Value) -> Value:
        return wrong.replicate(ERROR_BITS) & int(ErrorCode.FIELD)

    def _zero(self, names: tuple[str, ...]) -> Value:
        """One of these fields is 0."""
        return Cat(~self.descriptor[name].any() for name in names).any()

    def _segment_is_wrong(self) -> Value:
        return self.descriptor.segment_bytes != self.array.columns

    def _layer_is_wrong(self) -> Value:
        layer = self.descriptor
        shift = layer.add_shift
        wrong = layer.last_chunks > self.array.drain_beats
        wrong |= layer.residual & ((shift < MIN_ADD_SHIFT) | (shift > MAX_ADD_SHIFT))
        if self.array.rows > 1:
            several = layer.output_height != 1
            wrong |= several & (layer.row_step != 1) & (layer.row_step != 2)
        return wrong
