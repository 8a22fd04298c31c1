"""Controller: runs a program layer by layer, has the result sent, and ends on the first error."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2

from hw.config import EngineConfig
from hw.engine.descriptors import ERROR_BITS, READ_CYCLES, DescriptorCheck, DescriptorReader
from hw.engine.program import WORD_BITS, Descriptor, ErrorCode, Opcode

# Clock edges from the one that sees `start` to the launch of the first layer.
FIRST_LAUNCH = READ_CYCLES + 1

# Clock edges between two launches, at least: the next descriptor is read meanwhile.
DESCRIPTOR_CYCLES = READ_CYCLES

# Clock edges from the one at which a layer finishes to the next launch, at least.
NEXT_LAUNCH = 2

TIME_BITS = 32


class Controller(wiring.Component):
    """Sequences layers; every way to end is `done` or an error.

    start, clear, abort: 1 bit, pulses of the host; see docs/registers.md. timeout: cycles.
    program_valid, program_length, program_address, program_word, checksum_error: `ProgramMemory`.
    load_error: 1 bit, pulse, of `Loader`.

    descriptor: of the running layer or the result. launch: 1 bit, pulse, to the layer unit; the
    edge that sees it is the layer's launch. finished, address_error: 1 bit, pulses of the layer
    unit. layer_reset: 1 bit, resets it: at the edge before each launch, and where a run stops.
    begins: 1 bit, pulse: a run begins at this edge. runs: 1 bit, layers are computed.
    send: 1 bit, pulse to the sender; send_finished, send_error: 1 bit, pulses of it. stop: 1 bit,
    pulse: it ends early.

    busy, done, error (an `ErrorCode`), cycles: registers that the host reads.

    With `start` seen at edge s, finished seen at edge F(k) and launches L(k):
    L(0) = s + FIRST_LAUNCH, L(k+1) = max(F(k) + NEXT_LAUNCH, L(k) + DESCRIPTOR_CYCLES);
    cycles = F(last) - s, 0 without layers. TIMEOUT: a layer is computed at an edge behind
    s + timeout.
    """

    start: Signal
    clear: Signal
    abort: Signal
    timeout: Signal
    program_valid: Signal
    program_length: Signal
    program_address: Signal
    program_word: Signal
    checksum_error: Signal
    load_error: Signal
    descriptor: data.View
    launch: Signal
    finished: Signal
    address_error: Signal
    layer_reset: Signal
    begins: Signal
    runs: Signal
    send: Signal
    send_finished: Signal
    send_error: Signal
    stop: Signal
    busy: Signal
    done: Signal
    error: Signal
    cycles: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "start": In(1),
                "clear": In(1),
                "abort": In(1),
                "timeout": In(TIME_BITS),
                "program_valid": In(1),
                "program_length": In(bits_for(config.program_words)),
                "program_address": Out(ceil_log2(config.program_words)),
                "program_word": In(WORD_BITS),
                "checksum_error": In(1),
                "load_error": In(1),
                "descriptor": Out(Descriptor),
                "launch": Out(1),
                "finished": In(1),
                "address_error": In(1),
                "layer_reset": Out(1),
                "begins": Out(1),
                "runs": Out(1),
                "send": Out(1),
                "send_finished": In(1),
                "send_error": In(1),
                "stop": Out(1),
                "busy": Out(1),
                "done": Out(1),
                "error": Out(ERROR_BITS),
                "cycles": Out(TIME_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader = reader = DescriptorReader(self.config)
        m.submodules.check = check = DescriptorCheck(self.config)
        # computes: from the edge before a launch to its end. due: the next descriptor is.
        sends, computes, due, takes = Signal(), Signal(), Signal(), Signal()
        fault = Signal(ERROR_BITS)
        ends_program = reader.descriptor.opcode == Opcode.END
        finishes = Signal()
        m.d.comb += [
            check.descriptor.eq(reader.descriptor),
            reader.length.eq(self.program_length),
            self.program_address.eq(reader.address),
            reader.word.eq(self.program_word),
            reader.first.eq(self.begins),
            reader.following.eq(takes & ~ends_program),
            self.busy.eq(self.runs | sends),
            due.eq(self.runs & ~computes & reader.valid),
            self.stop.eq(self.busy & (fault.any() | self.abort)),
            takes.eq(due & ~self.stop),
            finishes.eq(computes & self.finished & ~self.stop),
            self.layer_reset.eq(self.stop | takes),
        ]
        m.d.sync += [self.launch.eq(takes & ~ends_program), self.send.eq(takes & ends_program)]
        with m.If(takes):
            m.d.sync += [
                self.descriptor.eq(reader.descriptor),
                computes.eq(~ends_program),
                self.runs.eq(~ends_program),
                sends.eq(ends_program),
            ]
        with m.If(finishes):
            m.d.sync += computes.eq(0)
        with m.If(self.send_finished):
            m.d.sync += sends.eq(0)
        with m.If(self.stop):
            m.d.sync += [self.runs.eq(0), computes.eq(0), sends.eq(0)]
        bad_descriptor = Signal(ERROR_BITS)
        with m.If(due):
            m.d.comb += bad_descriptor.eq(Mux(reader.beyond, ErrorCode.OPCODE, check.error))
        late = computes & self._is_late(m, finishes)
        self._find_fault(m, fault, computes, late, bad_descriptor)
        self._begin_and_end(m, fault, sends)
        return m

    def _is_late(self, m: Module, finishes: Value) -> Value:
        """Counts the run's edges; whether the next one is behind the timeout."""
        elapsed = Signal(TIME_BITS)
        m.d.sync += elapsed.eq(elapsed + 1)
        with m.If(self.begins):
            m.d.sync += [elapsed.eq(0), self.cycles.eq(0)]
        with m.If(finishes):
            m.d.sync += self.cycles.eq(elapsed + 1)
        return elapsed >= self.timeout

    def _find_fault(
        self, m: Module, fault: Signal, computes: Value, late: Value, bad_descriptor: Value
    ) -> None:
        """The error of this edge, or NONE."""
        with m.If(computes & self.address_error | self.send_error):
            m.d.comb += fault.eq(ErrorCode.ADDRESS)
        with m.Elif(late):
            m.d.comb += fault.eq(ErrorCode.TIMEOUT)
        with m.Elif(bad_descriptor.any()):
            m.d.comb += fault.eq(bad_descriptor)
        with m.Elif(self.load_error):
            m.d.comb += fault.eq(ErrorCode.LOAD)
        with m.Elif(self.checksum_error):
            m.d.comb += fault.eq(ErrorCode.CHECKSUM)
        with m.Elif(self._starts() & ~self.program_valid):
            m.d.comb += fault.eq(ErrorCode.NO_PROGRAM)

    def _starts(self) -> Value:
        """The host may start, and does."""
        idle = ~self.busy & ~self.error.any()
        return self.start & idle & ~self.clear & ~self.abort

    def _begin_and_end(self, m: Module, fault: Value, sends: Value) -> None:
        m.d.comb += self.begins.eq(self._starts() & self.program_valid & ~fault.any())
        with m.If(self.clear):
            m.d.sync += [self.error.eq(ErrorCode.NONE), self.done.eq(0)]
        with m.Elif(self.begins):
            m.d.sync += [self.runs.eq(1), self.done.eq(0)]
        with m.Elif(sends & self.send_finished & ~self.stop):
            m.d.sync += self.done.eq(1)
        with m.If(fault.any() & ~self.error.any() & ~(self.clear & ~self.busy)):
            m.d.sync += [self.error.eq(fault), self.done.eq(0)]
