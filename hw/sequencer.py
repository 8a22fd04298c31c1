"""Counts the steps of a group and moves their control bits down the array's pipeline."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.interface import BEATS_BITS, SHIFT_BITS, UnitControl


class StepSequencer(wiring.Component):
    """Takes a weight beat a cycle, with an activation group at the first beat of each group.

    planes_per_beat: bit-planes by which a beat's place exceeds that of the beat before it.

    beats: weight beats per group (1..8); held while running.
    activations_*, weights_*: handshakes of the two input streams. activations_last: 1 bit, with
    `activations_valid`: the tile ends with the last beat of this group.
    results_*: handshake of the finished tile; while it is refused, nothing advances.
    load_activations, load_weights: 1 bit, register the operands at this clock edge.
    control: to the units, see `UnitControl`.
    """

    beats: Signal
    activations_valid: Signal
    activations_last: Signal
    activations_ready: Signal
    weights_valid: Signal
    weights_ready: Signal
    results_valid: Signal
    results_ready: Signal
    load_activations: Signal
    load_weights: Signal
    control: data.View

    def __init__(self, planes_per_beat: int) -> None:
        self.planes_per_beat = planes_per_beat
        super().__init__(
            {
                "beats": In(BEATS_BITS),
                "activations_valid": In(1),
                "activations_last": In(1),
                "activations_ready": Out(1),
                "weights_valid": In(1),
                "weights_ready": Out(1),
                "results_valid": Out(1),
                "results_ready": In(1),
                "load_activations": Out(1),
                "load_weights": Out(1),
                "control": Out(UnitControl),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = Signal(BEATS_BITS)
        advance, step = Signal(), Signal()
        opens_tile, last_group, taken_last = Signal(init=1), Signal(), Signal()
        opens_group, closes_group, closes_tile = Signal(), Signal(), Signal()
        m.d.comb += [
            advance.eq(~self.results_valid | self.results_ready),
            opens_group.eq(beat == 0),
            closes_group.eq(beat + 1 == self.beats),
            last_group.eq(Mux(opens_group, self.activations_last, taken_last)),
            closes_tile.eq(closes_group & last_group),
            step.eq(advance & self.weights_valid & (~opens_group | self.activations_valid)),
            self.weights_ready.eq(advance & (~opens_group | self.activations_valid)),
            self.activations_ready.eq(advance & opens_group & self.weights_valid),
            self.load_weights.eq(step),
            self.load_activations.eq(step & opens_group),
        ]
        with m.If(step):
            m.d.sync += [
                beat.eq(Mux(closes_group, 0, beat + 1)),
                taken_last.eq(last_group),
                opens_tile.eq(closes_tile),
            ]
        self._pipeline(m, advance, step, beat, opens_tile, closes_group, closes_tile)
        return m

    def _pipeline(
        self,
        m: Module,
        advance: Value,
        step: Value,
        beat: Value,
        opens_tile: Value,
        closes_group: Value,
        closes_tile: Value,
    ) -> None:
        """Operand stage, tree stage, accumulator stage; all hold while `advance` is low."""
        operand_valid, operand_first, operand_last = Signal(), Signal(), Signal()
        tree_valid, tree_first, tree_last = Signal(), Signal(), Signal()
        operand_negate = Signal()
        operand_shift, tree_shift = Signal(SHIFT_BITS), Signal(SHIFT_BITS)
        with m.If(advance):
            m.d.sync += [
                operand_valid.eq(step),
                operand_first.eq(opens_tile),
                operand_last.eq(closes_tile),
                operand_negate.eq(closes_group),
                operand_shift.eq(beat * self.planes_per_beat),
                tree_valid.eq(operand_valid),
                tree_first.eq(operand_first),
                tree_last.eq(operand_last),
                tree_shift.eq(operand_shift),
                self.results_valid.eq(tree_valid & tree_last),
            ]
        m.d.comb += [
            self.control.tree_enable.eq(advance & operand_valid),
            self.control.negate.eq(operand_negate),
            self.control.accumulate_enable.eq(advance & tree_valid),
            self.control.first.eq(tree_first),
            self.control.shift.eq(tree_shift),
        ]
