"""Place of every output beat in the output tensor."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.program import Descriptor


def chunk_place_shape(config: EngineConfig) -> data.StructLayout:
    """Where the `drain_columns` channels of a beat go.

    keep: it is written; the others are dropped. slot: its place within a memory word.
    closes_word: with `keep`: the last one of its word. ends_row: with `keep`: the last one of its
    image row; closes the word as well. last: the layer's last beat, kept or not.
    """
    slots = config.word_bytes // config.array.drain_columns
    return data.StructLayout(
        {"keep": 1, "slot": range(slots), "closes_word": 1, "ends_row": 1, "last": 1}
    )


class ChunkCounter(wiring.Component):
    """Counts output beats: chunk of the tile, tile, group, column, tile row.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    advance: 1 bit, the beat leaves at this edge. place: of the beat, see `chunk_place_shape`.
    """

    descriptor: data.View
    start: Signal
    advance: Signal
    place: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "advance": In(1),
                "place": Out(chunk_place_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, place = self.descriptor, self.place
        chunk = Signal(range(self.config.array.drain_beats))
        slot = Signal.like(place.slot)
        limits = (layer.tiles, layer.groups, layer.columns, layer.tile_rows)
        names = ("tiles", "groups", "columns", "tile_rows")
        left = [Signal.like(limit, name=name) for limit, name in zip(limits, names, strict=True)]
        last_chunk = chunk == self.config.array.drain_beats - 1
        last_tile = left[0] == 1
        last_in_row = last_tile & (left[1] == 1) & (left[2] == 1)
        closes_tile = last_tile & (chunk + 1 == layer.last_chunks)
        m.d.comb += [
            place.slot.eq(slot),
            place.keep.eq(~last_tile | (chunk < layer.last_chunks)),
            place.ends_row.eq(closes_tile & last_in_row),
            place.closes_word.eq(place.keep & (slot == self._slots - 1) | place.ends_row),
            place.last.eq(last_chunk & last_in_row & (left[3] == 1)),
        ]
        ends = last_chunk
        with m.If(self.start):
            m.d.sync += [chunk.eq(0), slot.eq(0)]
        with m.Elif(self.advance):
            m.d.sync += chunk.eq(Mux(last_chunk, 0, chunk + 1))
            with m.If(place.keep):
                m.d.sync += slot.eq(Mux(place.closes_word, 0, slot + 1))
        for count, limit in zip(left, limits, strict=True):
            with m.If(self.start):
                m.d.sync += count.eq(limit)
            with m.Elif(self.advance & ends):
                m.d.sync += count.eq(Mux(count == 1, limit, count - 1))
            ends = ends & (count == 1)
        return m

    @property
    def _slots(self) -> int:
        return self.config.word_bytes // self.config.array.drain_columns
