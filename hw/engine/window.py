"""Window generator: cuts a layer's windows into micro-ops, the bytes of one memory access each."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from hw.config import EngineConfig
from hw.engine.program import BYTES_BITS, Descriptor, Opcode

# Holds every byte position of a window that touches its image row, and of its neighbours.
POSITION_BITS = BYTES_BITS + 2

# How the image rows move when a micro-op is taken; at most one bit is set.
#   next_row: one image row down in the same window. next_window: back to the window's top row.
#   next_tile_row: to the top row of the next tile row's windows.
RowMove = data.StructLayout({"next_row": 1, "next_window": 1, "next_tile_row": 1})


def micro_op_shape(config: EngineConfig) -> data.StructLayout:
    """One access: `count` bytes from byte `position` of an image row into lanes from `fill` on.

    position: signed, the same for all rows of the array. closes_group: the group is complete.
    last: it is the reduction's (the window's) last one as well.
    """
    lanes = range(config.array.lanes + 1)
    return data.StructLayout(
        {
            "position": signed(POSITION_BITS),
            "count": lanes,
            "fill": lanes,
            "closes_group": 1,
            "last": 1,
        }
    )


@dataclass
class _Loop:
    """A loop of the nest: iterations left, and the position at which the current one starts."""

    limit: Value
    step: Value
    left: Signal
    base: Signal


class WindowGenerator(wiring.Component):
    """Walks the windows of a layer in the order Y, X, G, t, kernel row, segment, byte.

    descriptor: stable from `start` to the layer's end; MAC or MAX_POOL. start: 1 bit, pulse.
    micro_ops: stream; the first is valid after the edge that sees `start`, then one every cycle in
    which it is taken. moves: how the image rows move at an edge at which a micro-op is taken.

    A segment is cut where it fills the lanes, or where an access ends: two words from the one that
    holds `position` on. A group closes when its lanes are full or its reduction ends, in MAX_POOL
    with every segment. Positions are sums modulo 2^18: a program whose windows lie further out
    reads other bytes.
    """

    descriptor: data.View
    start: Signal
    micro_ops: stream.Interface
    moves: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "micro_ops": Out(stream.Signature(micro_op_shape(config))),
                "moves": Out(RowMove),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, op = self.descriptor, self.micro_ops.payload
        taken, ends_segment = Signal(), Signal()
        left, fill = Signal(BYTES_BITS), Signal.like(op.fill)
        m.d.comb += [
            taken.eq(self.micro_ops.valid & self.micro_ops.ready),
            op.fill.eq(fill),
            op.count.eq(self._count(m, left)),
            ends_segment.eq(op.count == left),
        ]
        ends = self._advance(m, self._loops(), taken, ends_segment)
        full = op.fill + op.count == self.config.array.lanes
        m.d.comb += [
            op.last.eq(ends[2]),
            op.closes_group.eq(op.last | full | (layer.opcode == Opcode.MAX_POOL) & ends_segment),
            self.moves.next_row.eq(taken & ends[1] & ~ends[2]),
            self.moves.next_window.eq(taken & ends[2] & ~ends[5]),
            self.moves.next_tile_row.eq(taken & ends[5]),
        ]
        with m.If(self.start):
            m.d.sync += [self.micro_ops.valid.eq(1), left.eq(layer.segment_bytes), fill.eq(0)]
        with m.Elif(taken):
            m.d.sync += [
                self.micro_ops.valid.eq(~ends[6]),
                left.eq(Mux(ends_segment, layer.segment_bytes, left - op.count)),
                fill.eq(Mux(op.closes_group, 0, fill + op.count)),
            ]
        return m

    def _count(self, m: Module, left: Value) -> Signal:
        """min(bytes left in the segment, free lanes, bytes up to the end of the access)."""
        op = self.micro_ops.payload
        room = Signal.like(op.count)
        reach = Signal(range(self.config.line_bytes + 1))
        count = Signal.like(op.count)
        offset = op.position[: exact_log2(self.config.word_bytes)]
        m.d.comb += [
            room.eq(self.config.array.lanes - op.fill),
            reach.eq(self.config.line_bytes - offset),
            count.eq(Mux(left < room, left, room)),
        ]
        limited = Signal.like(op.count)
        m.d.comb += limited.eq(Mux(reach < count, reach, count))
        return limited

    def _loops(self) -> list[_Loop]:
        """From the innermost loop outwards: segment, kernel row, t, G, X."""
        layer = self.descriptor
        names = {
            "segment": (layer.segments, layer.segment_step),
            "row": (layer.kernel_rows, Value.cast(0)),
            "tile": (layer.tiles, layer.tile_step),
            "group": (layer.groups, layer.group_step),
            "column": (layer.columns, layer.column_step),
        }
        return [
            _Loop(
                limit,
                step,
                Signal.like(Value.cast(limit), name=f"{name}_left"),
                Signal(signed(POSITION_BITS), name=f"{name}_base", reset_less=True),
            )
            for name, (limit, step) in names.items()
        ]

    def _advance(
        self, m: Module, loops: list[_Loop], taken: Value, ends_segment: Value
    ) -> list[Signal]:
        """Positions and counts behind each micro-op; returns what it ends, innermost first.

        Element k: the k innermost loops end, with the segment's bytes as loop 0; the last element:
        the layer ends.
        """
        layer, op = self.descriptor, self.micro_ops.payload
        position = Signal(signed(POSITION_BITS), reset_less=True)
        rows_left = Signal.like(Value.cast(layer.tile_rows))
        ends = [Signal(name=f"ends_{depth}") for depth in range(len(loops) + 2)]
        m.d.comb += [op.position.eq(position), ends[0].eq(ends_segment)]
        for depth, loop in enumerate(loops):
            m.d.comb += ends[depth + 1].eq(ends[depth] & (loop.left == 1))
        m.d.comb += ends[-1].eq(ends[-2] & (rows_left == 1))
        with m.If(self.start | (taken & ends[-2])):
            m.d.sync += position.eq(layer.column_origin)
            for loop in loops:
                m.d.sync += [loop.left.eq(loop.limit), loop.base.eq(layer.column_origin)]
        for depth in reversed(range(len(loops))):
            with m.Elif(taken & ends[depth]):
                base = Signal(signed(POSITION_BITS), name=f"next_{depth}")
                m.d.comb += base.eq(loops[depth].base + loops[depth].step)
                m.d.sync += [position.eq(base), loops[depth].left.eq(loops[depth].left - 1)]
                m.d.sync += [loop.base.eq(base) for loop in loops[: depth + 1]]
                m.d.sync += [loop.left.eq(loop.limit) for loop in loops[:depth]]
        with m.Elif(taken):
            m.d.sync += position.eq(position + op.count)
        with m.If(self.start):
            m.d.sync += rows_left.eq(layer.tile_rows)
        with m.Elif(taken & ends[-2]):
            m.d.sync += rows_left.eq(rows_left - 1)
        return ends
