"""Sequential reader: the words of one position of a layer in order, again for every position."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.engine.program import EXTENT_BITS, LINE_BITS

BEATS_PER_POSITION_BITS = 24

# base: first word. beats: of each position. tile_rows, columns: positions, constant during a layer.
ReaderSetup = data.StructLayout(
    {
        "base": LINE_BITS,
        "beats": BEATS_PER_POSITION_BITS,
        "tile_rows": EXTENT_BITS,
        "columns": EXTENT_BITS,
    }
)


class SequentialReader(wiring.Component):
    """Prefetches words so that one beat a cycle can be taken from the memory's output.

    depth: words of the memory.

    setup: see `ReaderSetup`. start: 1 bit, pulse.
    valid: the memory's output is the next beat's word. take: that beat is taken at this edge.
    keep: the next beat of the same position uses the same word. ends_position: the beat is the
    position's last one.
    read, address: read this word at this edge. out_of_range: the word lies beyond the memory.

    The first word is read one edge after `start` and valid from then on: its beat can be taken at
    the second edge after `start`, and from then on one at every edge. The next word is read at the
    edge at which the last beat of a word is taken, none after the layer's last beat.
    """

    setup: data.View
    start: Signal
    valid: Signal
    take: Signal
    keep: Signal
    ends_position: Signal
    read: Signal
    address: Signal
    out_of_range: Signal

    def __init__(self, depth: int):
        self.depth = depth
        super().__init__(
            {
                "setup": In(ReaderSetup),
                "start": In(1),
                "valid": Out(1),
                "take": In(1),
                "keep": In(1),
                "ends_position": Out(1),
                "read": Out(1),
                "address": Out(ceil_log2(depth)),
                "out_of_range": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        opens, ends_layer = Signal(), Signal()
        following, word = Signal(LINE_BITS + 1), Signal(LINE_BITS + 1)
        m.d.sync += opens.eq(self.start)
        m.d.comb += [
            word.eq(Mux(opens | self.ends_position, self.setup.base, following)),
            self.read.eq(opens | self.take & (~self.keep | self.ends_position) & ~ends_layer),
            self.address.eq(word),
            self.out_of_range.eq(self.read & (word >= self.depth)),
        ]
        with m.If(self.read):
            m.d.sync += [self.valid.eq(1), following.eq(word + 1)]
        with m.Elif(self.take & ends_layer):
            m.d.sync += self.valid.eq(0)
        self._count(m, ends_layer)
        return m

    def _count(self, m: Module, ends_layer: Signal) -> None:
        """Beats left in the position, columns left in the tile row, tile rows left."""
        setup = self.setup
        beats, columns = Signal(BEATS_PER_POSITION_BITS), Signal(EXTENT_BITS)
        tile_rows = Signal(EXTENT_BITS)
        ends_row = self.ends_position & (columns == 1)
        m.d.comb += [
            self.ends_position.eq(beats == 1),
            ends_layer.eq(ends_row & (tile_rows == 1)),
        ]
        with m.If(self.start):
            m.d.sync += [
                beats.eq(setup.beats),
                columns.eq(setup.columns),
                tile_rows.eq(setup.tile_rows),
            ]
        with m.Elif(self.take):
            m.d.sync += [
                beats.eq(Mux(self.ends_position, setup.beats, beats - 1)),
                columns.eq(Mux(ends_row, setup.columns, columns - self.ends_position)),
                tile_rows.eq(tile_rows - ends_row),
            ]
