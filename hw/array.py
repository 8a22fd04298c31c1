"""The rows x columns array of dot-product units with its shared edges and its step sequencer."""

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import ArrayConfig
from hw.dot_product.blocks import BEATS_BITS, BeatPlace, Edge
from hw.dot_product.interface import ACTIVATION_BITS, UNIT_LATENCY
from hw.library import instantiate
from hw.sequencer import StepSequencer

# Cycles from a tile's last step to its results: operand, tree and accumulator registers.
ARRAY_LATENCY = 1 + UNIT_LATENCY


def activations_shape(config: ArrayConfig) -> data.StructLayout:
    """Payload of one activation group.

    codes: rows x lanes, unsigned 8 bits. last: 1 bit, this is the reduction's last group.
    """
    codes = data.ArrayLayout(data.ArrayLayout(ACTIVATION_BITS, config.lanes), config.rows)
    return data.StructLayout({"codes": codes, "last": 1})


def weights_shape(config: ArrayConfig) -> data.Layout:
    """Payload of one step: `columns` beats of the datapath's own width, as it packs them.

    With the beats' place above them where the datapath skips.
    """
    beats = data.ArrayLayout(config.datapath.beat_bits, config.columns)
    if not config.datapath.skips:
        return beats
    return data.StructLayout({"beats": beats, "place": BeatPlace})


def results_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one tile of results: rows x columns signed accumulators."""
    row = data.ArrayLayout(signed(config.accumulator_width), config.columns)
    return data.ArrayLayout(row, config.rows)


class DotProductArray(wiring.Component):
    """Computes one tile of rows x columns dot products at a time.

    beats: 4 bits, weight beats per group (`Datapath.beats`), constant during a layer.
    activations: stream of groups; a group is taken together with the first of its weight beats.
    weights: stream of weight beats, `beats` per group (fewer where the datapath skips). The last
    beat of a group that is flagged `last` ends the tile.
    results: stream of tiles; `results[row][column]` lacks the datapath's `correction`.

    One step (weight beat) a cycle. Results are valid `ARRAY_LATENCY` cycles after a tile's last
    step and would be overwritten by the next tile: while they wait, the array stands still.
    """

    beats: Signal
    activations: stream.Interface
    weights: stream.Interface
    results: stream.Interface

    def __init__(self, config: ArrayConfig):
        self.config = config
        super().__init__(
            {
                "beats": In(BEATS_BITS),
                "activations": In(stream.Signature(activations_shape(config))),
                "weights": In(stream.Signature(weights_shape(config))),
                "results": Out(stream.Signature(results_shape(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        datapath = self.config.datapath
        m.submodules.sequencer = sequencer = StepSequencer(
            datapath.planes_per_beat, skips=datapath.skips
        )
        m.d.comb += [
            sequencer.beats.eq(self.beats),
            sequencer.activations_last.eq(self.activations.payload.last),
            sequencer.activations_valid.eq(self.activations.valid),
            sequencer.weights_valid.eq(self.weights.valid),
            self.activations.ready.eq(sequencer.activations_ready),
            self.weights.ready.eq(sequencer.weights_ready),
            self.results.valid.eq(sequencer.results_valid),
            sequencer.results_ready.eq(self.results.ready),
        ]
        beats = self.weights.payload
        if datapath.skips:
            m.d.comb += sequencer.weights_place.eq(beats.place)
            beats = beats.beats
        control = sequencer.control
        groups = [self.activations.payload.codes[r] for r in range(self.config.rows)]
        beats = [beats[c] for c in range(self.config.columns)]
        rows = instantiate(m, platform, _names("row", groups), datapath.row_edge)
        columns = instantiate(m, platform, _names("column", beats), datapath.column_edge)
        _connect(m, rows, groups, control.load_group, control)
        _connect(m, columns, beats, control.load_beat, control)
        places = [(r, c) for r in range(self.config.rows) for c in range(self.config.columns)]
        names = [f"unit_{r}_{c}" for r, c in places]
        units = instantiate(m, platform, names, datapath.unit)
        for (r, c), unit in zip(places, units, strict=True):
            m.d.comb += [
                unit.row.eq(rows[r].operand),
                unit.column.eq(columns[c].operand),
                unit.control.eq(control),
                self.results.payload[r][c].eq(unit.accumulator),
            ]
        return m


def _names(side: str, words: Sequence[Any]) -> list[str]:
    return [f"{side}_edge_{index}" for index in range(len(words))]


def _connect(
    m: Module, edges: Sequence[Edge], words: Sequence[Any], load: Value, control: data.View
) -> None:
    for edge, word in zip(edges, words, strict=True):
        m.d.comb += [edge.word.eq(word), edge.load.eq(load), edge.control.eq(control)]
