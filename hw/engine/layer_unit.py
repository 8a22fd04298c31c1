"""Layer unit: everything that computes one layer, from and to its own activation memory."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hw.config import EngineConfig
from hw.engine.access import Access
from hw.engine.activation_memory import ActivationMemory
from hw.engine.compute import Compute
from hw.engine.fetch import Fetch
from hw.engine.image_row import ROW_LINE_BITS, ImageRow
from hw.engine.load_port import LoadPort
from hw.engine.output_stage import OutputStage
from hw.engine.program import LINE_BITS, Descriptor
from hw.engine.residual_reader import ResidualReader
from hw.engine.window import WindowGenerator
from hw.engine.writer import Writer
from hw.errors import ConfigError
from hw.library import instantiate


class LayerUnit(wiring.Component):
    """Runs one layer at a time; a reset stops it and leaves the memories as they are.

    descriptor: MAC or MAX_POOL, stable from `start` to `finished`.
    start: 1 bit, pulse; the edge that sees it is the layer's launch. The first micro-op and the
    first words of weights, parameters and residual are read one edge later.
    finished: 1 bit, pulse: at this edge the writer accepts the layer's last beat, dropped or not.
    address_error: 1 bit, an access beyond a memory or outside the output's lines.
    step, blocked: 1 bit, see `Compute`.
    activation_reads, activation_writes, residual_reads: words accessed at this edge.
    weight_read, parameter_read: 1 bit, a word is read at this edge.
    load: see `LoadPort`. send_enable: 1 bit, read line send_line of bank send_bank at this edge;
    send_data: 2W bytes, valid after it, until the next read. Both only while no layer runs.

    Raises ConfigError as `check_columns` says.
    """

    descriptor: data.View
    start: Signal
    finished: Signal
    address_error: Signal
    step: Signal
    blocked: Signal
    activation_reads: Signal
    activation_writes: Signal
    residual_reads: Signal
    weight_read: Signal
    parameter_read: Signal
    load: data.View
    send_enable: Signal
    send_bank: Signal
    send_line: Signal
    send_data: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        array = config.array
        check_columns(config)
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "finished": Out(1),
                "address_error": Out(1),
                "step": Out(1),
                "blocked": Out(1),
                "activation_reads": Out(range(2 * array.rows + 1)),
                "activation_writes": Out(range(array.rows + 1)),
                "residual_reads": Out(range(array.rows + 1)),
                "weight_read": Out(1),
                "parameter_read": Out(1),
                "load": In(LoadPort),
                "send_enable": In(1),
                "send_bank": In(range(config.banks)),
                "send_line": In(LINE_BITS),
                "send_data": Out(8 * config.line_bytes),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = ActivationMemory(self.config)
        m.submodules.fetch = fetch = Fetch(self.config)
        m.submodules.compute = compute = Compute(self.config)
        m.submodules.output = output = OutputStage(self.config)
        self._window(m, platform, fetch)
        connect(m, fetch.groups, compute.groups)
        connect(m, compute.output, output.main)
        writer, residual = self._results(m, memory, output)
        m.d.comb += [
            self.address_error.eq(
                fetch.address_error
                | compute.address_error
                | writer.address_error
                | residual.address_error
            ),
            fetch.descriptor.eq(self.descriptor),
            memory.fetch.eq(fetch.read),
            fetch.words.eq(memory.fetched),
            compute.load.eq(self.load),
            self.finished.eq(writer.finished),
            self.step.eq(compute.step),
            self.blocked.eq(compute.blocked),
            self.activation_reads.eq(fetch.reads),
            self.weight_read.eq(compute.weight_read),
            self.parameter_read.eq(compute.parameter_read),
        ]
        for unit in (compute, output):
            m.d.comb += [unit.descriptor.eq(self.descriptor), unit.start.eq(self.start)]
        return m

    def _window(self, m: Module, platform: object, fetch: Fetch) -> None:
        """Window generator and the image row of every row of the array."""
        layer, rows = self.descriptor, self.config.array.rows
        m.submodules.window = window = WindowGenerator(self.config)
        m.d.comb += [window.descriptor.eq(layer), window.start.eq(self.start)]
        connect(m, window.micro_ops, fetch.micro_ops)
        tile_lines = Signal(ROW_LINE_BITS)
        m.d.comb += tile_lines.eq((layer.row_step >> 1) * layer.input_pitch)
        names = [f"image_row_{row}" for row in range(rows)]
        units = instantiate(m, platform, names, lambda: ImageRow(self.config))
        for row, unit in enumerate(units):
            m.d.comb += [
                unit.start.eq(self.start),
                unit.moves.eq(window.moves),
                unit.first.eq(layer.row_origin + layer.row_step * row),
                unit.base.eq(layer.input_base),
                unit.pitch.eq(layer.input_pitch),
                unit.height.eq(layer.input_height),
                unit.row_step.eq(layer.row_step),
                unit.tile_lines.eq(tile_lines),
                fetch.places[row].eq(unit.place),
            ]

    def _results(
        self, m: Module, memory: ActivationMemory, output: OutputStage
    ) -> tuple[Writer, ResidualReader]:
        """Writer, residual reader and host at the memory's second ports."""
        m.submodules.writer = writer = Writer(self.config)
        m.submodules.residual = residual = ResidualReader(self.config)
        m.submodules.access = access = Access(self.config)
        for unit in (writer, residual):
            m.d.comb += [unit.descriptor.eq(self.descriptor), unit.start.eq(self.start)]
        m.d.comb += [
            writer.beat.eq(output.beat),
            access.write.eq(writer.write),
            access.write_place.eq(writer.place),
            access.words.eq(writer.words),
            residual.busy.eq(writer.write),
            residual.take.eq(output.residual_take),
            access.read.eq(residual.read),
            access.read_place.eq(residual.place),
            output.residual_valid.eq(residual.valid),
            output.residual.eq(access.residual),
            memory.access.eq(access.access),
            access.accessed.eq(memory.accessed),
            access.load.eq(self.load),
            access.send_enable.eq(self.send_enable),
            access.send_bank.eq(self.send_bank),
            access.send_line.eq(self.send_line),
            self.send_data.eq(access.send_data),
            self.activation_writes.eq(_count(writer.write, writer.place.rows)),
            self.residual_reads.eq(_count(residual.read, residual.place.rows)),
        ]
        return writer, residual


def check_columns(config: EngineConfig) -> None:
    """Raise ConfigError unless `columns` divides `lanes`, which diagonal layers and pools need."""
    array = config.array
    if array.lanes % array.columns:
        raise ConfigError(
            f"an engine's lanes must be a multiple of its columns ({array.columns}), "
            f"not {array.lanes}"
        )


def _count(enable: Value, rows: Value) -> Value:
    """Rows accessed where `enable`."""
    return Value.cast(sum(enable & row for row in rows))
