"""The engine: a layer unit with its controller, host registers and streams.

What a host does, with the registers of docs/registers.md:

1. Compare `identity`, `version` and `configuration` with what the program was made for.
2. For the program, the weights, the parameters and the input: set `load_target`, `load_address`
   (and `load_pitch`, `load_row_bytes` for the input), then send the words on `s_axis`, `tlast` with
   the last one. Set the registers of the next load when the last word was taken.
3. Wait until `status.program_valid`, or for `error`. Write `control.start`.
4. Receive the result on `m_axis` up to `tlast`: ceil(row bytes / 4) words for each row. `irq` rises
   when it was taken (`status.done`) or on an error. Read the counters.
5. For the next input: load it, start again. What else was loaded stays, unless the program itself
   writes over the input.

After an error: read `error`, write `control.clear`. Memories keep what they hold. A result that was
cut off, by an error or an abort, is closed by a word with `tlast`.
"""

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.axi_lite import AxiLite, axi_lite_ports
from hw.engine.controller import Controller
from hw.engine.counters import Counters
from hw.engine.layer_unit import LayerUnit
from hw.engine.loader import Loader
from hw.engine.program_memory import ProgramMemory
from hw.engine.register_file import RegisterFile
from hw.engine.registers import ADDRESS_BITS, REGISTERS
from hw.engine.sender import Sender
from hw.library import instantiate

STREAM_BITS = 32


class Engine(wiring.Component):
    """Runs programs; one clock, one synchronous reset.

    s_axil_*: registers, AXI4-Lite, 32-bit data, 8-bit addresses.
    s_axis_*: loads, AXI4-Stream of 32 bits. m_axis_*: results, the same.
    irq: 1 bit, high while `status.done` or `status.error` is.

    Every output depends on registers alone. No program can hang it: what no other check finds ends
    with TIMEOUT, and `control.abort` works at any time.
    """

    s_axis_tdata: Signal
    s_axis_tvalid: Signal
    s_axis_tready: Signal
    s_axis_tlast: Signal
    m_axis_tdata: Signal
    m_axis_tvalid: Signal
    m_axis_tready: Signal
    m_axis_tlast: Signal
    irq: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        self.bus = axi_lite_ports(ADDRESS_BITS)
        super().__init__(
            {
                **{f"s_axil_{name}": member for name, member in self.bus.items()},
                "s_axis_tdata": In(STREAM_BITS),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tlast": In(1),
                "m_axis_tdata": Out(STREAM_BITS),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tlast": Out(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.controller = controller = Controller(self.config)
        m.submodules.program = program = ProgramMemory(self.config)
        m.submodules.loader = loader = Loader(self.config)
        m.submodules.sender = sender = Sender(self.config)
        m.submodules.counters = counters = Counters(self.config)
        (layers,) = instantiate(
            m,
            platform,
            ["layer_unit"],
            lambda: LayerUnit(self.config),
            reset=controller.layer_reset,
        )
        registers = self._registers(m)
        self._control(m, registers, controller, loader, counters)
        self._loads(m, controller, program, loader, layers)
        self._layers(m, controller, sender, layers)
        m.d.comb += [
            counters.clear.eq(controller.begins),
            *(getattr(counters, event).eq(getattr(layers, event)) for event in counters.events),
        ]
        return m

    def _registers(self, m: Module) -> Any:
        m.submodules.bus = bus = AxiLite(ADDRESS_BITS)
        m.submodules.registers = registers = RegisterFile(self.config)
        for name, member in self.bus.items():
            outside, inside = getattr(self, f"s_axil_{name}"), getattr(bus, name)
            if member.flow is In:
                m.d.comb += inside.eq(outside)
            else:
                m.d.comb += outside.eq(inside)
        m.d.comb += [
            registers.write.eq(bus.write),
            registers.write_address.eq(bus.write_address),
            registers.write_data.eq(bus.write_data),
            registers.write_strobe.eq(bus.write_strobe),
            bus.write_error.eq(registers.write_error),
            registers.read_address.eq(bus.read_address),
            bus.read_data.eq(registers.read_data),
            bus.read_error.eq(registers.read_error),
        ]
        return registers

    def _control(
        self,
        m: Module,
        registers: Any,
        controller: Controller,
        loader: Loader,
        counters: Counters,
    ) -> None:
        control, status = registers.control, registers.status
        m.d.comb += [
            controller.start.eq(control.start),
            controller.clear.eq(control.clear),
            controller.abort.eq(control.abort),
            controller.timeout.eq(registers.timeout.value),
            status.busy.eq(controller.busy),
            status.done.eq(controller.done),
            status.error.eq(controller.error.any()),
            status.program_valid.eq(controller.program_valid),
            status.loading.eq(loader.loading),
            registers.error.code.eq(controller.error),
            self.irq.eq(controller.done | controller.error.any()),
            loader.setup.target.eq(registers.load_target.target),
            loader.setup.address.eq(registers.load_address.value),
            loader.setup.pitch.eq(registers.load_pitch.lines),
            loader.setup.row_bytes.eq(registers.load_row_bytes.bytes),
            loader.enable.eq(~controller.busy),
            loader.forget.eq(control.clear | control.abort),
            registers.cycles.value.eq(controller.cycles),
        ]
        for event in counters.events:
            name = event if event in REGISTERS else f"{event}s"
            m.d.comb += getattr(registers, name).value.eq(getattr(counters, f"{event}_count"))

    def _loads(
        self,
        m: Module,
        controller: Controller,
        program: ProgramMemory,
        loader: Loader,
        layers: LayerUnit,
    ) -> None:
        m.d.comb += [
            loader.words.valid.eq(self.s_axis_tvalid),
            loader.words.payload.data.eq(self.s_axis_tdata),
            loader.words.payload.last.eq(self.s_axis_tlast),
            self.s_axis_tready.eq(loader.words.ready),
            layers.load.eq(loader.load),
            program.load.eq(loader.load),
            program.begins.eq(loader.begins),
            program.ends.eq(loader.ends),
            program.address.eq(controller.program_address),
            controller.program_word.eq(program.word),
            controller.program_valid.eq(program.valid),
            controller.program_length.eq(program.length),
            controller.checksum_error.eq(program.checksum_error),
            controller.load_error.eq(loader.error),
        ]

    def _layers(self, m: Module, controller: Controller, sender: Sender, layers: LayerUnit) -> None:
        m.d.comb += [
            layers.descriptor.eq(controller.descriptor),
            layers.start.eq(controller.launch),
            controller.finished.eq(layers.finished),
            controller.address_error.eq(layers.address_error),
            sender.descriptor.eq(controller.descriptor),
            sender.start.eq(controller.send),
            sender.stop.eq(controller.stop),
            controller.send_finished.eq(sender.finished),
            controller.send_error.eq(sender.address_error),
            layers.send_enable.eq(sender.send_enable),
            layers.send_bank.eq(sender.send_bank),
            layers.send_line.eq(sender.send_line),
            sender.send_data.eq(layers.send_data),
            self.m_axis_tvalid.eq(sender.words.valid),
            self.m_axis_tdata.eq(sender.words.payload.data),
            self.m_axis_tlast.eq(sender.words.payload.last),
            sender.words.ready.eq(self.m_axis_tready),
        ]
