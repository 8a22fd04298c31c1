"""Writer: collects output beats into memory words and writes them."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.output_stage import placed_beat_shape
from hw.engine.program import Descriptor
from hw.engine.word_pointer import WordPointer, word_place_shape


class Writer(wiring.Component):
    """Accepts a beat at every edge; one word per row is written with the beat that closes it.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    beat: see `placed_beat_shape`.
    write: 1 bit, write `words` ([array row] W bytes) to `place` at this edge; bytes behind a row's
    end hold any value. finished: 1 bit, the layer's last beat is accepted at this edge.
    address_error: 1 bit, a word outside output_base <= line < output_limit, or beyond the memory,
    is not written.
    """

    descriptor: data.View
    start: Signal
    beat: data.View
    write: Signal
    place: data.View
    words: data.View
    finished: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "beat": In(placed_beat_shape(config)),
                "write": Out(1),
                "place": Out(word_place_shape(config)),
                "words": Out(data.ArrayLayout(8 * config.word_bytes, config.array.rows)),
                "finished": Out(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, chunk = self.descriptor, self.beat.place
        m.submodules.pointer = pointer = WordPointer(self.config)
        closes, allowed = Signal(), Signal()
        line = pointer.place.line
        m.d.comb += [
            closes.eq(self.beat.valid & chunk.closes_word),
            pointer.base.eq(layer.output_base),
            pointer.pitch.eq(layer.output_pitch),
            pointer.height.eq(layer.output_height),
            pointer.start.eq(self.start),
            pointer.next_word.eq(closes),
            pointer.next_row.eq(closes & chunk.ends_row),
            allowed.eq((line < layer.output_limit) & (line < self.config.activation_lines)),
            self.place.eq(pointer.place),
            self.write.eq(closes & pointer.place.rows.any() & allowed),
            self.address_error.eq(closes & pointer.place.rows.any() & ~allowed),
            self.finished.eq(self.beat.valid & chunk.last),
        ]
        self._collect(m)
        return m

    def _collect(self, m: Module) -> None:
        """The word so far, with the beat of this edge in its place."""
        chunk_bits = 8 * self.config.array.drain_columns
        slots = self.config.word_bytes // self.config.array.drain_columns
        for row in range(self.config.array.rows):
            collected = Signal(8 * self.config.word_bytes, name=f"word_{row}", reset_less=True)
            chunks = []
            for slot in range(slots):
                here = self.beat.valid & self.beat.place.keep & (self.beat.place.slot == slot)
                before = collected.word_select(slot, chunk_bits)
                code = Mux(here, self.beat.codes[row].as_value(), before)
                m.d.sync += before.eq(code)
                chunks.append(code)
            m.d.comb += self.words[row].eq(Cat(chunks))
