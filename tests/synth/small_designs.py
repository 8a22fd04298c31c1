"""Designs small enough to synthesise in a second, and what they compute."""

from amaranth.back import rtlil  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

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
    """rows x columns multiply-accumulates; `odd` makes the last one of another width."""

    def __init__(self, rows: int = 2, columns: int = 2, *, odd: bool = False):
        self.rows, self.columns, self.odd = rows, columns, odd
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
        del platform
        m = Module()
        held = Signal()
        m.d.sync += held.eq(self.clear)
        for r in range(self.rows):
            for c in range(self.columns):
                last = (r, c) == (self.rows - 1, self.columns - 1)
                unit = MultiplyAccumulate(5 if self.odd and last else 4)
                m.submodules[f"unit_{r}_{c}"] = unit
                m.d.comb += [
                    unit.x.eq(self.x[r]),
                    unit.w.eq(self.w[c]),
                    unit.clear.eq(held),
                    self.accumulators[r][c].eq(unit.accumulator),
                ]
        return m


def text(component: wiring.Component, name: str = "top") -> str:
    """RTLIL as Amaranth writes it: one module per instance."""
    return rtlil.convert(component, name=name, emit_src=False)
