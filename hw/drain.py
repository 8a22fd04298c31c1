"""Drain: holds one tile of results and hands it on a few columns at a time."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.array import results_shape
from hw.config import ArrayConfig


def columns_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one drain beat: rows x drain_columns signed accumulators."""
    row = data.ArrayLayout(signed(config.accumulator_width), config.drain_columns)
    return data.ArrayLayout(row, config.rows)


class Drain(wiring.Component):
    """Takes a tile of rows x columns at once, gives `columns` / `drain_columns` beats.

    results: stream of tiles. columns: stream of beats, lowest columns first.
    A beat can leave every cycle; the next tile is taken together with the last beat.
    """

    results: stream.Interface
    columns: stream.Interface

    def __init__(self, config: ArrayConfig):
        self.config = config
        super().__init__(
            {
                "results": In(stream.Signature(results_shape(config))),
                "columns": Out(stream.Signature(columns_shape(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        held = Signal(results_shape(config), reset_less=True)
        remaining = Signal(range(config.drain_beats + 1))
        beat = config.drain_columns * config.accumulator_width
        m.d.comb += [
            self.columns.valid.eq(remaining != 0),
            self.results.ready.eq((remaining == 0) | ((remaining == 1) & self.columns.ready)),
        ]
        for r in range(config.rows):
            m.d.comb += self.columns.payload[r].as_value().eq(held[r].as_value()[:beat])
        with m.If(self.results.valid & self.results.ready):
            m.d.sync += [held.eq(self.results.payload), remaining.eq(config.drain_beats)]
        with m.Elif(self.columns.valid & self.columns.ready):
            m.d.sync += remaining.eq(remaining - 1)
            for r in range(config.rows):
                m.d.sync += held[r].as_value().eq(held[r].as_value()[beat:])
        return m
