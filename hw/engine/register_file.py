"""Registers in hardware, as `hw.engine.registers` describes them."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.axi_lite import STROBE_BITS
from hw.engine.register import DATA_BITS, Access, Register
from hw.engine.registers import ADDRESS_BITS, REGISTERS, constants


class RegisterFile(wiring.Component):
    """Decodes addresses, holds what the host wrote, and answers what it reads.

    write ... read_error: see `AxiLite`, whose register side this is.

    One port per register, by its name, with the register's layout: an output with what the host
    wrote (`rw`) or with a pulse per bit (`w1`: high in the cycle of the write), an input with what
    it will read (`ro`). Constants of the configuration have none.
    """

    write: Signal
    write_address: Signal
    write_data: Signal
    write_strobe: Signal
    write_error: Signal
    read_address: Signal
    read_data: Signal
    read_error: Signal

    def __init__(self, config: EngineConfig):
        self.constants = constants(config)
        self.driven = [register for register in REGISTERS.values() if not self._constant(register)]
        super().__init__(
            {
                "write": In(1),
                "write_address": In(ADDRESS_BITS - 2),
                "write_data": In(DATA_BITS),
                "write_strobe": In(STROBE_BITS),
                "write_error": Out(1),
                "read_address": In(ADDRESS_BITS - 2),
                "read_data": Out(DATA_BITS),
                "read_error": Out(1),
                **{register.name: self._port(register) for register in self.driven},
            }
        )

    def _constant(self, register: Register) -> bool:
        return register.name in self.constants

    def _port(self, register: Register) -> wiring.Member:
        if register.access is Access.READ:
            return In(register.layout)
        init = register.fields_of(register.reset or 0)
        return wiring.Member(Out, register.layout, init=init)  # pyright: ignore[reportCallIssue]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [self.read_error.eq(1), self.write_error.eq(1)]
        with m.Switch(self.read_address):
            for register in REGISTERS.values():
                with m.Case(register.offset // 4):
                    m.d.comb += [
                        self.read_data.eq(self._value(register)),
                        self.read_error.eq(0),
                    ]
        with m.Switch(self.write_address):
            for register in self.driven:
                if register.access is not Access.READ:
                    with m.Case(register.offset // 4):
                        m.d.comb += self.write_error.eq(0)
                        with m.If(self.write):
                            self._write(m, register)
        return m

    def _value(self, register: Register) -> Any:
        """What the host reads; bits that no field covers are 0."""
        if self._constant(register):
            return self.constants[register.name]
        if register.access is Access.PULSE:
            return 0
        covered = sum(((1 << field.width) - 1) << field.low for field in register.fields)
        return getattr(self, register.name).as_value() & covered

    def _write(self, m: Module, register: Register) -> None:
        value = getattr(self, register.name).as_value()
        enabled = Cat(bit.replicate(8) for bit in self.write_strobe)
        written = self.write_data & enabled
        if register.access is Access.PULSE:
            m.d.comb += value.eq(written)
        else:
            m.d.sync += value.eq(written | (value & ~enabled))
