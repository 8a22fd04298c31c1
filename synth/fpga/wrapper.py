"""Registers around a design that has more ports than any package has pins.

An array has hundreds or thousands of port bits. Three ways to place it all the same:

- nextpnr's `--out-of-context` leaves out pins and global clocks: it calls this experimental, has it
  for ECP5 alone, and counts no path from or to a port in the clock's frequency.
- Ports left open: synthesis removes what nothing reads, and what reads nothing.
- Registers at every port bit, and a few pins. That is what `ScanWrapper` does: every path of the
  design, from port to port too, becomes one from register to register and counts.

The design stays a module of its own in synthesis (`synth.fpga.mapping`): nothing is optimised
across its border, and its cells are counted apart from the wrapper's.
"""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Cat, ClockDomain, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.library import instantiate

DESIGN = "design"


class ScanWrapper(wiring.Component):
    """Shifts the inputs in at one pin, folds the outputs into another.

    build: makes the design.
    clk: 1 bit, the one clock. rst: 1 bit, reaches the design a cycle later, from a register.
    scan_in: 1 bit; n input bits are the last n of it, bit 0 of the first port the latest.
    scan_out: 1 bit; the outputs go to registers, and these into a signature: each of its bits is
    the one before it, exclusive or that output.

    Costs 1 + inputs + 2 * outputs flip-flops and a LUT for each output but the first.
    """

    clk: Signal
    rst: Signal
    scan_in: Signal
    scan_out: Signal

    def __init__(self, build: Callable[[], wiring.Component]):
        self._build = build
        super().__init__({"clk": In(1), "rst": In(1), "scan_in": In(1), "scan_out": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """The design is in `sync`, the wrapper's registers in a domain without reset."""
        m = Module()
        sync: Any = ClockDomain()
        scan: Any = ClockDomain(reset_less=True)
        sync.clk = scan.clk = self.clk
        m.domains.sync, m.domains.scan = sync, scan
        (design,) = instantiate(m, platform, [DESIGN], self._build)
        inputs, outputs = _ports(design)
        held = Signal(len(inputs))
        captured = Signal(len(outputs))
        signature = Signal(len(outputs))
        m.d.scan += [
            sync.rst.eq(self.rst),
            held.eq(Cat(self.scan_in, held[:-1])),
            captured.eq(outputs),
            signature.eq(captured ^ (signature << 1)[: len(outputs)]),
        ]
        m.d.comb += [inputs.eq(held), self.scan_out.eq(signature[-1])]
        return m


def _ports(design: wiring.Component) -> tuple[Value, Value]:
    """All inputs and all outputs, each as one value."""
    inputs, outputs = [], []
    for _, member, value in design.signature.flatten(design):
        (outputs if member.flow is wiring.Out else inputs).append(Value.cast(value))
    return Cat(*inputs), Cat(*outputs)
