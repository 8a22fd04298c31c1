"""AXI4-Lite subordinate: turns bus transfers into single reads and writes of 32-bit registers."""

from enum import IntEnum
from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

DATA_BITS = 32
STROBE_BITS = DATA_BITS // 8


class Response(IntEnum):
    """`bresp` and `rresp`."""

    OKAY = 0
    SLVERR = 2


def axi_lite_ports(address_bits: int) -> dict[str, wiring.Member]:
    """Members of an AXI4-Lite subordinate with 32-bit data."""
    return {
        "awaddr": In(address_bits),
        "awprot": In(3),
        "awvalid": In(1),
        "awready": Out(1),
        "wdata": In(DATA_BITS),
        "wstrb": In(STROBE_BITS),
        "wvalid": In(1),
        "wready": Out(1),
        "bresp": Out(2),
        "bvalid": Out(1),
        "bready": In(1),
        "araddr": In(address_bits),
        "arprot": In(3),
        "arvalid": In(1),
        "arready": Out(1),
        "rdata": Out(DATA_BITS),
        "rresp": Out(2),
        "rvalid": Out(1),
        "rready": In(1),
    }


class AxiLite(wiring.Component):
    """One write and one read at a time; every output depends on registers alone.

    Bus side: the members of `axi_lite_ports`. Protection bits are ignored, and so are the lowest
    two address bits.

    Register side, word addresses:
    write: 1 bit, pulse; write_address, write_data, write_strobe (a bit per byte) belong to it, and
    write_error must say in the same cycle whether the answer is SLVERR.
    read_address: what is read; read_data and read_error must follow in the same cycle, and are
    taken at the edge at which `read`, a pulse, is high.

    A write is done one cycle after the later of its address and its data was taken. Read data are
    on the bus one cycle after the address was taken.
    """

    write: Signal
    write_address: Signal
    write_data: Signal
    write_strobe: Signal
    write_error: Signal
    read: Signal
    read_address: Signal
    read_data: Signal
    read_error: Signal

    def __init__(self, address_bits: int):
        super().__init__(
            {
                **axi_lite_ports(address_bits),
                "write": Out(1),
                "write_address": Out(address_bits - 2),
                "write_data": Out(DATA_BITS),
                "write_strobe": Out(STROBE_BITS),
                "write_error": In(1),
                "read": Out(1),
                "read_address": Out(address_bits - 2),
                "read_data": In(DATA_BITS),
                "read_error": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._writes(m, self)
        self._reads(m, self)
        return m

    def _writes(self, m: Module, bus: Any) -> None:
        """Address and data wait for each other in registers, in either order."""
        has_address, has_data = Signal(), Signal()
        m.d.comb += [
            bus.awready.eq(~has_address),
            bus.wready.eq(~has_data),
            self.write.eq(has_address & has_data & ~bus.bvalid),
        ]
        with m.If(bus.awvalid & bus.awready):
            m.d.sync += [has_address.eq(1), self.write_address.eq(bus.awaddr[2:])]
        with m.If(bus.wvalid & bus.wready):
            m.d.sync += [
                has_data.eq(1),
                self.write_data.eq(bus.wdata),
                self.write_strobe.eq(bus.wstrb),
            ]
        with m.If(bus.bvalid & bus.bready):
            m.d.sync += bus.bvalid.eq(0)
        with m.If(self.write):
            m.d.sync += [
                has_address.eq(0),
                has_data.eq(0),
                bus.bvalid.eq(1),
                bus.bresp.eq(Mux(self.write_error, Response.SLVERR, Response.OKAY)),
            ]

    def _reads(self, m: Module, bus: Any) -> None:
        m.d.comb += [
            bus.arready.eq(~bus.rvalid),
            self.read.eq(bus.arvalid & bus.arready),
            self.read_address.eq(bus.araddr[2:]),
        ]
        with m.If(bus.rvalid & bus.rready):
            m.d.sync += bus.rvalid.eq(0)
        with m.If(self.read):
            m.d.sync += [
                bus.rvalid.eq(1),
                bus.rdata.eq(self.read_data),
                bus.rresp.eq(Mux(self.read_error, Response.SLVERR, Response.OKAY)),
            ]
