"""Loader: gives every word of the load stream its place in one of the memories."""

from amaranth.hdl import Array, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.load_port import SLICE_BITS, TARGET_BITS, LoadPort, LoadTarget
from hw.engine.program import BYTES_BITS
from hw.matrix_unit import parameters_shape

ROW_WORDS_BITS = BYTES_BITS - 1

# What a load is for, see docs/registers.md: load_target, load_address, load_pitch, load_row_bytes.
LoadSetup = data.StructLayout(
    {"target": TARGET_BITS, "address": 32, "pitch": 16, "row_bytes": BYTES_BITS}
)

# A word of a 32-bit stream; last: `tlast`.
StreamWord = data.StructLayout({"data": SLICE_BITS, "last": 1})


class Loader(wiring.Component):
    """One stream word a cycle; `last` ends a load.

    setup: where the next load goes, see `LoadSetup`; taken over until its first word comes.
    enable: 1 bit, words are accepted. forget: 1 bit, pulse: the next word begins a new load.
    words: stream of `StreamWord`; its ready depends on `enable` and a register.
    load: to the memories; a load into program memory begins at address 0.
    begins, ends: 1 bit, `load` is the first, the last word of its load.
    loading: 1 bit, between a load's first word and its last.
    error: 1 bit, pulse: the word lies beyond the memory, ends a load within a memory word or an
    image row, or belongs to rows of 0 bytes. It and what follows it in its load are dropped.

    Memory words arrive as ceil(bits / 32) stream words, image rows as ceil(row_bytes / 4) for
    each, beginning with row 0, which goes to bank 0.
    """

    setup: data.View
    enable: Signal
    forget: Signal
    words: stream.Interface
    load: data.View
    begins: Signal
    ends: Signal
    loading: Signal
    error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "setup": In(LoadSetup),
                "enable": In(1),
                "forget": In(1),
                "words": In(stream.Signature(StreamWord)),
                "load": Out(LoadPort),
                "begins": Out(1),
                "ends": Out(1),
                "loading": Out(1),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        prepared, dropping = Signal(), Signal()
        taken, last = Signal(), self.words.payload.last
        place = Signal(LoadPort)
        left = Signal(ROW_WORDS_BITS)
        whole, allowed = Signal(), Signal()
        activations = place.target == LoadTarget.ACTIVATIONS
        last_slice = self._by_target(place.target, self._slices()) - 1
        depth = self._by_target(place.target, self._depths())
        m.d.comb += [
            self.words.ready.eq(self.enable & prepared),
            taken.eq(self.words.valid & self.words.ready),
            whole.eq(Mux(activations, left == 1, place.lane == last_slice)),
            allowed.eq((place.address < depth) & ~(activations & (left == 0))),
            self.error.eq(taken & ~dropping & (~allowed | last & ~whole)),
            self.load.eq(place),
            self.load.valid.eq(taken & ~dropping & allowed),
            self.load.data.eq(self.words.payload.data),
            self.begins.eq(taken & ~self.loading),
            self.ends.eq(taken & ~dropping & last & ~self.error),
        ]
        with m.If(taken):
            m.d.sync += [
                self.loading.eq(~last),
                prepared.eq(~last),
                dropping.eq(~last & (dropping | self.error)),
            ]
            self._advance(m, place, left, last_slice)
        with m.Elif(~self.loading):
            m.d.sync += prepared.eq(1)
            self._prepare(m, place, left)
        with m.If(self.forget):
            m.d.sync += [self.loading.eq(0), prepared.eq(0), dropping.eq(0)]
        return m

    def _depths(self) -> dict[LoadTarget, int]:
        config = self.config
        return {
            LoadTarget.PROGRAM: config.program_words,
            LoadTarget.WEIGHTS: config.weight_words,
            LoadTarget.PARAMETERS: config.parameter_words,
            LoadTarget.ACTIVATIONS: config.activation_lines,
        }

    def _slices(self) -> dict[LoadTarget, int]:
        """Stream words of a memory word or line."""
        bits = {
            LoadTarget.PROGRAM: SLICE_BITS,
            LoadTarget.WEIGHTS: self.config.weight_word_bits,
            LoadTarget.PARAMETERS: parameters_shape(self.config.array).size,
            LoadTarget.ACTIVATIONS: 8 * self.config.line_bytes,
        }
        return {target: -(-width // SLICE_BITS) for target, width in bits.items()}

    def _by_target(self, target: Value, values: dict[LoadTarget, int]) -> Value:
        return Value.cast(Array(values[index] for index in LoadTarget)[target])

    def _prepare(self, m: Module, place: data.View, left: Signal) -> None:
        setup = self.setup
        m.d.sync += [
            place.target.eq(setup.target),
            place.address.eq(Mux(setup.target == LoadTarget.PROGRAM, 0, setup.address)),
            place.bank.eq(0),
            place.lane.eq(0),
            left.eq(self._row_words()),
        ]

    def _row_words(self) -> Value:
        return (self.setup.row_bytes + 3) >> 2

    def _advance(self, m: Module, place: data.View, left: Signal, last_slice: Value) -> None:
        """To the next slice, memory word, or image row."""
        row_line = Signal(32)
        next_line = Signal(32)
        opens_row = Signal()
        last_bank = place.bank == self.config.banks - 1
        m.d.comb += [
            opens_row.eq((place.target == LoadTarget.ACTIVATIONS) & (left == 1)),
            next_line.eq(Mux(self.loading, row_line, place.address)),
        ]
        with m.If(~self.loading):
            m.d.sync += row_line.eq(place.address)
        m.d.sync += left.eq(left - 1)
        with m.If(opens_row):
            m.d.sync += [
                left.eq(self._row_words()),
                place.lane.eq(0),
                place.bank.eq(Mux(last_bank, 0, place.bank + 1)),
                place.address.eq(next_line),
            ]
            with m.If(last_bank):
                m.d.sync += [
                    row_line.eq(next_line + self.setup.pitch),
                    place.address.eq(next_line + self.setup.pitch),
                ]
        with m.Elif(place.lane == last_slice):
            m.d.sync += [place.lane.eq(0), place.address.eq(place.address + 1)]
        with m.Else():
            m.d.sync += place.lane.eq(place.lane + 1)
