"""Fetch: turns micro-ops into memory reads and what they bring into activation groups."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, exact_log2

from hw.array import activations_shape
from hw.config import EngineConfig
from hw.engine.activation_memory import fetch_shape
from hw.engine.group_row import GroupRow, bank_words_shape
from hw.engine.image_row import ROW_LINE_BITS, row_place_shape
from hw.engine.program import Descriptor
from hw.engine.window import micro_op_shape
from hw.library import instantiate


class Fetch(wiring.Component):
    """Three stages: F0 reads memory, F1 holds the micro-op meanwhile, G is the group register.

    descriptor: input_row_bytes and pad_code of the running layer.
    micro_ops: stream of the window generator. places: [array row] where the image row is.
    read: [bank] to the memory, `words`: what it gives after that edge, see `ActivationMemory`.
    groups: stream of activation groups, `lanes` codes for each row of the array.
    reads: words read at this edge. address_error: 1 bit, one of them lies beyond the memory.

    Micro-op i is read at edge I(i) = max(I(i-1) + 1, W(i-1)) and enters the group register at
    W(i) = max(I(i) + 1, edge at which the previous group was taken). A group can be taken at the
    edge after that of its last micro-op. Bytes outside the image row, and image rows outside the
    image, are `pad_code`; words with no byte inside are not read. Lanes that a group does not fill
    keep their codes. Where two array rows want one bank the upper one gets it.
    """

    descriptor: data.View
    micro_ops: stream.Interface
    places: data.View
    read: data.View
    words: data.View
    groups: stream.Interface
    reads: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        rows = config.array.rows
        # Lane thresholds of the micro-op in F1: lanes first..end-1 are written, of these the lanes
        # real_first..real_end-1 hold bytes of the image row.
        threshold = bits_for(2 * config.array.lanes)
        self.held_shape = data.StructLayout(
            {
                "banks": data.ArrayLayout(range(config.banks), rows),
                "inside": rows,
                "amount": range(config.line_bytes),
                "first": threshold,
                "end": threshold,
                "real_first": threshold,
                "real_end": threshold,
                "closes_group": 1,
                "last": 1,
            }
        )
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "micro_ops": In(stream.Signature(micro_op_shape(config))),
                "places": In(data.ArrayLayout(row_place_shape(config), rows)),
                "read": Out(fetch_shape(config)),
                "words": In(bank_words_shape(config)),
                "groups": Out(stream.Signature(activations_shape(config.array))),
                "reads": Out(range(2 * rows + 1)),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = Signal(self.held_shape, reset_less=True)
        holds, issue, write = Signal(), Signal(), Signal()
        complete, last = Signal(), Signal()
        m.d.comb += [
            self.groups.valid.eq(complete),
            self.groups.payload.last.eq(last),
            write.eq(holds & (~complete | self.groups.ready)),
            self.micro_ops.ready.eq(~holds | write),
            issue.eq(self.micro_ops.valid & self.micro_ops.ready),
        ]
        with m.If(issue):
            m.d.sync += [holds.eq(1), held.eq(self._thresholds(m))]
        with m.Elif(write):
            m.d.sync += holds.eq(0)
        with m.If(write & held.closes_group):
            m.d.sync += [complete.eq(1), last.eq(held.last)]
        with m.Elif(self.groups.ready):
            m.d.sync += complete.eq(0)
        self._read(m, issue)
        self._assemble(m, platform, held, write)
        return m

    def _thresholds(self, m: Module) -> data.View:
        """What F1 has to know of the micro-op in F0."""
        op, lanes = self.micro_ops.payload, self.config.array.lanes
        next_held = Signal(self.held_shape)
        before = Signal(range(lanes + 1))
        until = Signal(range(lanes + 1))
        behind = self.descriptor.input_row_bytes - op.position
        m.d.comb += [
            before.eq(_clamp(m, -op.position, lanes)),
            until.eq(_clamp(m, behind, lanes)),
            next_held.amount.eq((op.position - op.fill)[: exact_log2(self.config.line_bytes)]),
            next_held.first.eq(op.fill),
            next_held.end.eq(op.fill + op.count),
            next_held.real_first.eq(op.fill + before),
            next_held.real_end.eq(op.fill + until),
            next_held.closes_group.eq(op.closes_group),
            next_held.last.eq(op.last),
        ]
        for row in range(self.config.array.rows):
            m.d.comb += [
                next_held.banks[row].eq(self.places[row].bank),
                next_held.inside[row].eq(self.places[row].inside),
            ]
        return next_held

    def _read(self, m: Module, issue: Value) -> None:
        """Memory reads of the micro-op in F0: the word of its position and, if needed, the next."""
        op, word_bits = self.micro_ops.payload, exact_log2(self.config.word_bytes)
        word = op.position >> word_bits
        words = (self.descriptor.input_row_bytes + self.config.word_bytes - 1) >> word_bits
        offset = op.position[:word_bits]
        first, second = Signal(), Signal()
        m.d.comb += [
            first.eq((word >= 0) & (word < words)),
            second.eq((word + 1 >= 0) & (word + 1 < words)),
        ]
        needs_second = second & (op.count + offset > self.config.word_bytes)
        odd = op.position[word_bits]
        wanted, offsets = Signal(2), (Signal(ROW_LINE_BITS), Signal(ROW_LINE_BITS))
        m.d.comb += [
            wanted.eq(Mux(odd, Cat(needs_second, first), Cat(first, needs_second))),
            offsets[0].eq((word + 1) >> 1),
            offsets[1].eq(word >> 1),
        ]
        enables, wrong = [], []
        for row in reversed(range(self.config.array.rows)):
            place = self.places[row]
            for half, name in enumerate(("even", "odd")):
                line = Signal(ROW_LINE_BITS, name=f"{name}_line_{row}")
                enable = Signal(name=f"{name}_read_{row}")
                m.d.comb += [
                    line.eq(place.line + offsets[half]),
                    enable.eq(issue & place.inside & wanted[half]),
                ]
                for bank in range(self.config.banks):
                    with m.If(enable & (place.bank == bank)):
                        m.d.comb += [
                            self.read[bank].enable[half].eq(1),
                            self.read[bank][f"{name}_line"].eq(line),
                        ]
                enables.append(enable)
                wrong.append(enable & (line >= self.config.activation_lines))
        m.d.comb += [self.reads.eq(sum(enables)), self.address_error.eq(Cat(wrong).any())]

    def _assemble(self, m: Module, platform: object, held: data.View, write: Value) -> None:
        lanes = range(self.config.array.lanes)
        names = [f"group_row_{row}" for row in range(self.config.array.rows)]
        units = instantiate(m, platform, names, lambda: GroupRow(self.config))
        writes, real = Signal(len(lanes)), Signal(len(lanes))
        m.d.comb += [
            writes.eq(Cat(write & (held.first <= n) & (held.end > n) for n in lanes)),
            real.eq(Cat((held.real_first <= n) & (held.real_end > n) for n in lanes)),
        ]
        for row, unit in enumerate(units):
            m.d.comb += [
                unit.words.eq(self.words),
                unit.bank.eq(held.banks[row]),
                unit.amount.eq(held.amount),
                unit.write.eq(writes),
                unit.real.eq(real),
                unit.inside.eq(held.inside[row]),
                unit.pad_code.eq(self.descriptor.pad_code),
                self.groups.payload.codes[row].eq(unit.codes),
            ]


def _clamp(m: Module, value: Value, top: int) -> Value:
    """`value`, signed, limited to 0..top."""
    whole = Signal.like(value)
    m.d.comb += whole.eq(value)
    return Mux(whole < 0, 0, Mux(whole > top, top, whole))
