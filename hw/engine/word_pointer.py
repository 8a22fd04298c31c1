"""Walks a tensor word by word in the order in which a layer produces its output."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.program import EXTENT_BITS, LINE_BITS, PITCH_BITS

# Walks stop at the first line beyond the memory, and no step is longer than a pitch.
POINTER_BITS = LINE_BITS + 2


def word_place_shape(config: EngineConfig) -> data.StructLayout:
    """One word in each row of a tile row.

    rows: a bit per row of the array that lies in the tensor. upper: the rows are in the upper half
    of the banks. odd: the word is in the odd sub-banks. line: of every one of the words.
    """
    return data.StructLayout(
        {"rows": config.array.rows, "upper": 1, "odd": 1, "line": POINTER_BITS}
    )


class WordPointer(wiring.Component):
    """Row r of tile row Y is image row Y * rows + r: bank (Y % 2) * rows + r, pitch Y // 2.

    base, pitch, height: of the tensor, constant from `start` on. start: 1 bit, pulse: to the first
    word. next_word, next_row: 1 bit: to the row's next word; to the next tile row's first one.
    place: see `word_place_shape`.
    """

    base: Signal
    pitch: Signal
    height: Signal
    start: Signal
    next_word: Signal
    next_row: Signal
    place: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "base": In(LINE_BITS),
                "pitch": In(PITCH_BITS),
                "height": In(EXTENT_BITS),
                "start": In(1),
                "next_word": In(1),
                "next_row": In(1),
                "place": Out(word_place_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rows = self.config.array.rows
        upper, odd, beyond = Signal(), Signal(), Signal()
        line, row_line, next_line = (Signal(POINTER_BITS) for _ in range(3))
        top = Signal(EXTENT_BITS)
        next_top = Signal(EXTENT_BITS + 1)
        m.d.comb += [
            self.place.rows.eq(Cat(~beyond & (top + row < self.height) for row in range(rows))),
            self.place.upper.eq(upper),
            self.place.odd.eq(odd),
            self.place.line.eq(line),
            next_line.eq(row_line + Mux(upper, self.pitch, 0)),
            next_top.eq(top + rows),
        ]
        with m.If(self.start):
            m.d.sync += [upper.eq(0), odd.eq(0), top.eq(0), beyond.eq(0)]
            m.d.sync += [line.eq(self.base), row_line.eq(self.base)]
        with m.Elif(self.next_row):
            m.d.sync += [upper.eq(~upper), odd.eq(0), line.eq(next_line), row_line.eq(next_line)]
            m.d.sync += [top.eq(next_top), beyond.eq(beyond | next_top[EXTENT_BITS])]
        with m.Elif(self.next_word):
            m.d.sync += [odd.eq(~odd), line.eq(line + odd)]
        return m
