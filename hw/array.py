"""The rows x columns array of dot-product units with its shared edges and its step sequencer."""

from collections.abc import Callable, Sequence

from amaranth.hdl import Module, Signal, Value, ValueLike, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import ArrayConfig
from hw.dot_product.interface import (
    ACTIVATION_BITS,
    BEATS_BITS,
    GROUPS_BITS,
    UNIT_LATENCY,
    Edge,
)
from hw.library import instantiate
from hw.sequencer import StepSequencer

# Cycles from a tile's last step to its results: operand, tree and accumulator registers.
ARRAY_LATENCY = 1 + UNIT_LATENCY


def activations_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one activation group: rows x lanes unsigned 8-bit codes."""
    return data.ArrayLayout(data.ArrayLayout(ACTIVATION_BITS, config.lanes), config.rows)


def weights_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one weight beat: `columns` beats of the datapath's own width."""
    return data.ArrayLayout(config.datapath.beat_bits, config.columns)


def results_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one tile of results: rows x columns signed accumulators."""
    row = data.ArrayLayout(signed(config.accumulator_width), config.columns)
    return data.ArrayLayout(row, config.rows)


class DotProductArray(wiring.Component):
    """Computes one tile of rows x columns dot products at a time.

    beats: 4 bits, weight beats per group (`Datapath.beats`), constant during a layer.
    groups: 16 bits, groups per reduction, at least 1, constant during a layer.
    activations: stream of groups; a group is taken together with the first of its weight beats.
    weights: stream of weight beats, `beats` per group, `groups` * `beats` per tile.
    results: stream of tiles; `results[row][column]` lacks the datapath's `correction`.

    One step (weight beat) a cycle. Results are valid `ARRAY_LATENCY` cycles after a tile's last
    step and would be overwritten by the next tile: while they wait, the array stands still.
    """

    beats: Signal
    groups: Signal
    activations: stream.Interface
    weights: stream.Interface
    results: stream.Interface

    def __init__(self, config: ArrayConfig):
        self.config = config
        super().__init__(
            {
                "beats": In(BEATS_BITS),
                "groups": In(GROUPS_BITS),
                "activations": In(stream.Signature(activations_shape(config))),
                "weights": In(stream.Signature(weights_shape(config))),
                "results": Out(stream.Signature(results_shape(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sequencer = sequencer = StepSequencer(self.config.datapath.planes)
        m.d.comb += [
            sequencer.beats.eq(self.beats),
            sequencer.groups.eq(self.groups),
            sequencer.activations_valid.eq(self.activations.valid),
            sequencer.weights_valid.eq(self.weights.valid),
            self.activations.ready.eq(sequencer.activations_ready),
            self.weights.ready.eq(sequencer.weights_ready),
            self.results.valid.eq(sequencer.results_valid),
            sequencer.results_ready.eq(self.results.ready),
        ]
        datapath = self.config.datapath
        activations = [self.activations.payload[r] for r in range(self.config.rows)]
        weights = [self.weights.payload[c] for c in range(self.config.columns)]
        rows = _operands(
            m, platform, "row", datapath.row_edge, activations, sequencer.load_activations, datapath.raw_rows
        )
        columns = _operands(
            m, platform, "column", datapath.column_edge, weights, sequencer.load_weights, datapath.raw_columns
        )
        places = [(r, c) for r in range(self.config.rows) for c in range(self.config.columns)]
        names = [f"unit_{r}_{c}" for r, c in places]
        units = instantiate(m, platform, names, datapath.unit)
        for (r, c), unit in zip(places, units, strict=True):
            m.d.comb += [
                unit.row.eq(rows[r]),
                unit.column.eq(columns[c]),
                unit.control.eq(sequencer.control),
                self.results.payload[r][c].eq(unit.accumulator),
            ]
        return m


def _operands(
    m: Module,
    platform: object,
    side: str,
    build: Callable[[], Edge],
    words: Sequence[ValueLike],
    load: Value,
    raw: bool,
) -> list[data.View]:
    """One edge and one operand register per row or column; registered where `load` is high."""
    names = [f"{side}_edge_{index}" for index in range(len(words))]
    operands = []
    for index, edge in enumerate(instantiate(m, platform, names, build)):
        if raw:
            word = Signal(edge.word.shape(), name=f"{side}_{index}", reset_less=True)
            m.d.comb += edge.word.eq(word)
            operand = edge.operand
            with m.If(load):
                m.d.sync += word.eq(words[index])
        else:
            operand = Signal(edge.operand.shape(), name=f"{side}_{index}", reset_less=True)
            m.d.comb += edge.word.eq(words[index])
            with m.If(load):
                m.d.sync += operand.eq(edge.operand)
        operands.append(operand)
    return operands
