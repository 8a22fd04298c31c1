"""Where in activation memory the image row is that one row of the array reads."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from hw.config import EngineConfig
from hw.engine.program import EXTENT_BITS, LINE_BITS, PITCH_BITS
from hw.engine.window import RowMove

# Exact for every row of an image: base + (2047) * (4095) + a line within the row is below 2^24.
ROW_LINE_BITS = LINE_BITS + 8


def image_row_bits(config: EngineConfig) -> int:
    """Bits, signed, of an image row's index, rows above and below the image included."""
    return EXTENT_BITS + 3 + exact_log2(config.array.rows)


def row_place_shape(config: EngineConfig) -> data.StructLayout:
    """inside: the row is one of the image. bank, line: its bank and first line if so."""
    return data.StructLayout({"inside": 1, "bank": range(config.banks), "line": ROW_LINE_BITS})


class ImageRow(wiring.Component):
    """Follows the image row of one array row through the windows.

    start: 1 bit, pulse. moves: see `RowMove`.
    first: signed, the image row of the layer's first window. base, pitch, height, row_step: of the
    descriptor's input. tile_lines: (row_step // 2) * pitch. All constant from `start` on.
    place: where the row is, in step with the micro-op of the window generator.

    Tile rows are `rows` * row_step image rows apart, half as many bank rounds: the line moves by
    `tile_lines`, and by one pitch more where an odd step carries into the next round.
    """

    start: Signal
    moves: data.View
    first: Signal
    base: Signal
    pitch: Signal
    height: Signal
    row_step: Signal
    tile_lines: Signal
    place: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "start": In(1),
                "moves": In(RowMove),
                "first": In(signed(image_row_bits(config))),
                "base": In(LINE_BITS),
                "pitch": In(PITCH_BITS),
                "height": In(EXTENT_BITS),
                "row_step": In(EXTENT_BITS),
                "tile_lines": In(ROW_LINE_BITS),
                "place": Out(row_place_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rows, banks = self.config.array.rows, self.config.banks
        shape = signed(image_row_bits(self.config))
        row, top, next_top = (Signal(shape, reset_less=True) for _ in range(3))
        line, top_line, next_top_line = (Signal(ROW_LINE_BITS, reset_less=True) for _ in range(3))
        carries = self.row_step[0] & top[exact_log2(rows)]
        m.d.comb += [
            next_top.eq(top + self.row_step * rows),
            next_top_line.eq(top_line + self.tile_lines + Mux(carries, self.pitch, 0)),
            self.place.inside.eq((row >= 0) & (row < self.height)),
            self.place.bank.eq(row[: exact_log2(banks)]),
            self.place.line.eq(line),
        ]
        with m.If(self.start):
            m.d.comb += [
                next_top.eq(self.first),
                next_top_line.eq(self.base + (self.first >> exact_log2(banks)) * self.pitch),
            ]
        with m.If(self.start | self.moves.next_tile_row):
            m.d.sync += [
                top.eq(next_top),
                row.eq(next_top),
                top_line.eq(next_top_line),
                line.eq(next_top_line),
            ]
        with m.Elif(self.moves.next_window):
            m.d.sync += [row.eq(top), line.eq(top_line)]
        with m.Elif(self.moves.next_row):
            wraps = row[: exact_log2(banks)] == banks - 1
            m.d.sync += [row.eq(row + 1), line.eq(line + Mux(wraps, self.pitch, 0))]
        return m
