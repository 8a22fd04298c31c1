"""Parameter memory and its stream to the requantizers."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.engine.load_port import LoadPort, LoadTarget
from hw.engine.memory import SinglePortMemory
from hw.engine.program import Descriptor, Opcode
from hw.engine.reader import SequentialReader
from hw.matrix_unit import parameters_shape


class Parameters(wiring.Component):
    """Gives `parameter_words` beats for every position of a MAC layer.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    load: from the host. parameters: stream to the matrix unit, timed as `SequentialReader` says.
    read: 1 bit, a word is read at this edge. address_error: 1 bit, it lies beyond the memory.
    """

    descriptor: data.View
    start: Signal
    load: data.View
    parameters: stream.Interface
    read: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "load": In(LoadPort),
                "parameters": Out(stream.Signature(parameters_shape(config.array))),
                "read": Out(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, depth = self.descriptor, self.config.parameter_words
        width = parameters_shape(self.config.array).size
        m.submodules.memory = memory = SinglePortMemory(width, depth)
        m.submodules.reader = reader = SequentialReader(depth)
        connect_memory(m, memory, reader, self.load, LoadTarget.PARAMETERS)
        m.d.comb += [
            reader.setup.base.eq(layer.parameter_base),
            reader.setup.beats.eq(layer.parameter_words),
            reader.setup.tile_rows.eq(layer.tile_rows),
            reader.setup.columns.eq(layer.columns),
            reader.start.eq(self.start & (layer.opcode == Opcode.MAC)),
            reader.take.eq(self.parameters.valid & self.parameters.ready),
            self.parameters.valid.eq(reader.valid),
            self.parameters.payload.as_value().eq(memory.data),
            self.read.eq(reader.read),
            self.address_error.eq(reader.out_of_range),
        ]
        return m


def connect_memory(
    m: Module,
    memory: SinglePortMemory,
    reader: SequentialReader,
    load: data.View,
    target: LoadTarget,
) -> None:
    """Let `load` write `memory` and `reader` read it."""
    loads = load.valid & (load.target == target)
    m.d.comb += [
        memory.read.eq(reader.read),
        memory.address.eq(reader.address),
        memory.write_data.eq(load.data),
    ]
    with m.If(loads):
        m.d.comb += memory.address.eq(load.address)
        for index in range(memory.slices):
            m.d.comb += memory.write[index].eq(load.lane == index)
