"""Designs small enough to synthesise in a second, and what they compute."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw import generate
from hw.engine.memory import SinglePortMemory
from hw.library import instantiate

ACCUMULATOR_BITS = 16


class MultiplyAccumulate(wiring.Component):
    """accumulator <- (clear ? 0 : accumulator) + x * w, one cycle latency."""

    x: Signal
    w: Signal
    clear: Signal
    accumulator: Signal

    def __init__(self, bits: int = 4):
        super().__init__(
            {
                "x": In(bits),
                "w": In(signed(bits)),
                "clear": In(1),
                "accumulator": Out(signed(ACCUMULATOR_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        del platform
        m = Module()
        kept = Mux(self.clear, 0, self.accumulator)
        m.d.sync += self.accumulator.eq(kept + self.x * self.w)
        return m


class Grid(wiring.Component):
    """rows x columns multiply-accumulates, one module for all of them."""

    def __init__(self, rows: int = 2, columns: int = 2):
        self.rows, self.columns = rows, columns
        self.x: list[Signal]
        self.w: list[Signal]
        self.clear: Signal
        self.accumulators: list[list[Signal]]
        super().__init__(
            {
                "x": In(4).array(rows),
                "w": In(signed(4)).array(columns),
                "clear": In(1),
                "accumulators": Out(signed(ACCUMULATOR_BITS)).array(rows, columns),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        held = Signal()
        m.d.sync += held.eq(self.clear)
        places = [(r, c) for r in range(self.rows) for c in range(self.columns)]
        names = [f"unit_{r}_{c}" for r, c in places]
        units = instantiate(m, platform, names, MultiplyAccumulate)
        for (r, c), unit in zip(places, units, strict=True):
            m.d.comb += [
                unit.x.eq(self.x[r]),
                unit.w.eq(self.w[c]),
                unit.clear.eq(held),
                self.accumulators[r][c].eq(unit.accumulator),
            ]
        return m


class Lookup(wiring.Component):
    """sum <- sum + word, the word being what memory has at `address` one edge before; 2 banks."""

    address: Signal
    sum: Signal

    def __init__(self) -> None:
        super().__init__({"address": In(3), "sum": Out(ACCUMULATOR_BITS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        banks = instantiate(m, platform, ["even", "odd"], lambda: SinglePortMemory(32, 8))
        m.d.comb += [bank.address.eq(self.address ^ 5) for bank in banks]
        m.d.comb += [bank.read.eq(self.address != 0) for bank in banks]
        words = [bank.data[:ACCUMULATOR_BITS] for bank in banks]
        m.d.sync += self.sum.eq(self.sum + words[0] + words[1])
        return m


def text(component: wiring.Component, name: str = "top") -> str:
    """RTLIL as the flow gets it."""
    return generate.rtlil(component, name, macros=True)
