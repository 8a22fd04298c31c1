"""Counts what happens during a run."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig

COUNTER_BITS = 32


def event_shapes(config: EngineConfig) -> dict[str, range]:
    """Events by name, and how many of each there can be at one clock edge."""
    rows = config.array.rows
    return {
        "step": range(2),
        "blocked": range(2),
        "activation_reads": range(2 * rows + 1),
        "activation_writes": range(rows + 1),
        "residual_reads": range(rows + 1),
        "weight_read": range(2),
        "parameter_read": range(2),
    }


class Counters(wiring.Component):
    """A 32-bit sum per event; modulo 2^32.

    clear: 1 bit, pulse: all sums become 0. A port for each of `event_shapes`: events of this edge.
    A port `<event>_count` for each: events since `clear`.
    """

    clear: Signal

    def __init__(self, config: EngineConfig):
        self.events = event_shapes(config)
        super().__init__(
            {
                "clear": In(1),
                **{name: In(shape) for name, shape in self.events.items()},
                **{f"{name}_count": Out(COUNTER_BITS) for name in self.events},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name in self.events:
            count = getattr(self, f"{name}_count")
            m.d.sync += count.eq(count + getattr(self, name))
            with m.If(self.clear):
                m.d.sync += count.eq(0)
        return m
