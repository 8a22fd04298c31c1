"""The blocks that a datapath is split into, and the control bits that the array sends them.

What depends on the activations alone is computed once per row (row edge), what depends on the
weights alone once per column (column edge); the unit is what every place of the array repeats.
"""

from typing import Any, ClassVar

from amaranth.hdl import Module, ShapeLike, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

SHIFT_BITS = 3
BEATS_BITS = 4

# Broadcast to all edges and units; each field is aligned with the pipeline stage that uses it.
#   beats: weight beats per group (`Datapath.beats`), constant during a layer.
#   load_group: the row edges register this step's activations. load_beat: a step: the column edges
#   register its weight beat. beat: with load_beat: its number within the group.
#   tree_enable: the edges' operands are a step: the unit's first stage registers what it makes of
#   them. negate: with tree_enable: the weight beat holds the two's complement sign plane.
#   place: with tree_enable: index of the weight beat's least significant bit-plane, 0..7.
#   accumulate_enable: what the first stage registered is to be accumulated.
#   first: with accumulate_enable: start a new reduction instead of adding to the old one.
#   shift: with accumulate_enable: what `place` was with tree_enable.
StepControl = data.StructLayout(
    {
        "beats": BEATS_BITS,
        "load_group": 1,
        "load_beat": 1,
        "beat": BEATS_BITS,
        "tree_enable": 1,
        "negate": 1,
        "place": SHIFT_BITS,
        "accumulate_enable": 1,
        "first": 1,
        "shift": SHIFT_BITS,
    }
)

# What a weight beat says about itself where a datapath skips beats: `place` and `negate` as above,
# and whether the group ends with it.
BeatPlace = data.StructLayout({"place": SHIFT_BITS, "negate": 1, "closes_group": 1})


class Edge(wiring.Component):
    """Registered logic shared by all units of a row (activation side) or column (weight side).

    word: `lanes` unsigned 8-bit codes, or one weight beat. load: 1 bit, register it at this clock
    edge. control: see `StepControl`. operand: what the units need of the word, valid thereafter.

    A subclass defines `decode`. registers_word: the register holds the word and `decode` comes
    behind it, not before; worth it where the word is narrower than the operand, at the price of its
    delay in the unit's first stage.
    """

    registers_word: ClassVar[bool] = False

    word: Any
    load: Signal
    control: data.View
    operand: data.View

    def __init__(self, lanes: int, word: ShapeLike, operand: data.Layout):
        self.lanes = lanes
        super().__init__(
            {"word": In(word), "load": In(1), "control": In(StepControl), "operand": Out(operand)}
        )

    def decode(self, m: Module, word: Any, operand: Any) -> None:
        """Add the combinational logic from `word` to `operand`; here their bits are the same."""
        m.d.comb += operand.as_value().eq(word)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.registers_word:
            self.decode(m, registered(m, "held", self.word, self.load), self.operand)
        else:
            decoded = Signal(self.operand.shape())
            self.decode(m, self.word, decoded)
            m.d.comb += self.operand.eq(registered(m, "held", decoded, self.load))
        return m


class DotProductUnit(wiring.Component):
    """One unit: a carry-save tree over the lanes, one shift-accumulate for all of them.

    row, column: operands of the edges. control: see `StepControl`.
    accumulator: signed, `accumulator_width` bits; holds the reduction `UNIT_LATENCY` cycles after
    its last step was at the inputs, until the next reduction's first step arrives there. The
    compiler proves that the final value fits; a wrap-around on the way there is harmless.
    """

    row: data.View
    column: data.View
    control: data.View
    accumulator: Signal

    def __init__(self, row: data.Layout, column: data.Layout, accumulator_width: int):
        self.accumulator_width = accumulator_width
        self.row_operand, self.column_operand = row, column
        super().__init__(
            {
                "row": In(row),
                "column": In(column),
                "control": In(StepControl),
                "accumulator": Out(signed(accumulator_width)),
            }
        )


def registered(m: Module, name: str, source: Any, load: Value) -> Any:
    """A register without reset that takes `source`, of its shape, where `load` is high."""
    register = Signal(source.shape(), name=name, reset_less=True)
    with m.If(load):
        m.d.sync += register.eq(source)
    return register
