"""Counts the steps of a group and moves their control bits down the array's pipeline."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.dot_product.blocks import BEATS_BITS, SHIFT_BITS, BeatPlace, StepControl

# What travels with a step: whether there is one, whether it opens and closes a tile, its place.
Stage = data.StructLayout({"valid": 1, "first": 1, "last": 1, "negate": 1, "place": SHIFT_BITS})


class StepSequencer(wiring.Component):
    """Takes a weight beat a cycle, with an activation group at the first beat of each group.

    planes_per_beat: bit-planes by which a beat's place exceeds that of the beat before it.
    skips: where a beat belongs and whether it ends its group comes with the weights instead.

    beats: weight beats per group (1..8); held while running.
    activations_*, weights_*: handshakes of the two input streams. activations_last: 1 bit, with
    `activations_valid`: the tile ends with the last beat of this group. weights_place: with
    `weights_valid`, if `skips`.
    results_*: handshake of the finished tile; while it is refused, nothing advances.
    control: to edges and units, see `StepControl`.
    """

    beats: Signal
    activations_valid: Signal
    activations_last: Signal
    activations_ready: Signal
    weights_valid: Signal
    weights_place: data.View
    weights_ready: Signal
    results_valid: Signal
    results_ready: Signal
    control: data.View

    def __init__(self, planes_per_beat: int, *, skips: bool = False) -> None:
        self.planes_per_beat, self.skips = planes_per_beat, skips
        super().__init__(
            {
                "beats": In(BEATS_BITS),
                "activations_valid": In(1),
                "activations_last": In(1),
                "activations_ready": Out(1),
                "weights_valid": In(1),
                "weights_place": In(BeatPlace),
                "weights_ready": Out(1),
                "results_valid": Out(1),
                "results_ready": In(1),
                "control": Out(StepControl),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, place = Signal(BEATS_BITS), Signal(BeatPlace)
        advance, step, opens_group = Signal(), Signal(), Signal()
        opens_tile, last_group, taken_last = Signal(init=1), Signal(), Signal()
        closes_tile = Signal()
        if self.skips:
            m.d.comb += place.eq(self.weights_place)
        else:
            m.d.comb += [
                place.closes_group.eq(beat + 1 == self.beats),
                place.negate.eq(place.closes_group),
                place.place.eq(beat * self.planes_per_beat),
            ]
        m.d.comb += [
            advance.eq(~self.results_valid | self.results_ready),
            opens_group.eq(beat == 0),
            last_group.eq(Mux(opens_group, self.activations_last, taken_last)),
            closes_tile.eq(place.closes_group & last_group),
            step.eq(advance & self.weights_valid & (~opens_group | self.activations_valid)),
            self.weights_ready.eq(advance & (~opens_group | self.activations_valid)),
            self.activations_ready.eq(advance & opens_group & self.weights_valid),
            self.control.beats.eq(self.beats),
            self.control.beat.eq(beat),
            self.control.load_beat.eq(step),
            self.control.load_group.eq(step & opens_group),
        ]
        with m.If(step):
            m.d.sync += [
                beat.eq(Mux(place.closes_group, 0, beat + 1)),
                taken_last.eq(last_group),
                opens_tile.eq(closes_tile),
            ]
        taken = Signal(Stage)
        m.d.comb += [
            taken.valid.eq(step),
            taken.first.eq(opens_tile),
            taken.last.eq(closes_tile),
            taken.negate.eq(place.negate),
            taken.place.eq(place.place),
        ]
        self._pipeline(m, advance, taken)
        return m

    def _pipeline(self, m: Module, advance: Signal, taken: data.View) -> None:
        """Operand stage, tree stage, accumulator stage; all hold while `advance` is low."""
        operand, tree = Signal(Stage), Signal(Stage)
        with m.If(advance):
            m.d.sync += [
                operand.eq(taken),
                tree.eq(operand),
                self.results_valid.eq(tree.valid & tree.last),
            ]
        m.d.comb += [
            self.control.tree_enable.eq(advance & operand.valid),
            self.control.negate.eq(operand.negate),
            self.control.place.eq(operand.place),
            self.control.accumulate_enable.eq(advance & tree.valid),
            self.control.first.eq(tree.first),
            self.control.shift.eq(tree.place),
        ]
