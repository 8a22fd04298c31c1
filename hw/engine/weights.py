"""Weight memory and its stream to the array, dense or spread from diagonals."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.array import weights_shape
from hw.config import EngineConfig
from hw.engine.load_port import LoadPort, LoadTarget
from hw.engine.memory import SinglePortMemory
from hw.engine.parameters import connect_memory
from hw.engine.program import Descriptor, Opcode
from hw.engine.reader import SequentialReader


class Weights(wiring.Component):
    """Gives `weight_steps` beats for every position of a MAC layer.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    load: from the host. weights: stream to the matrix unit, timed as `SequentialReader` says.
    read: 1 bit, a word is read at this edge. address_error: 1 bit, it lies beyond the memory.

    Dense: one word per beat. Diagonal: a word holds `columns` beats, in the places that otherwise
    belong to the columns; of each beat column c uses the lanes l with l % columns == c, and its
    other lanes get weight 0. The beats run on over the tiles of a position; the next position
    starts with a word of its own.
    """

    descriptor: data.View
    start: Signal
    load: data.View
    weights: stream.Interface
    read: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "load": In(LoadPort),
                "weights": Out(stream.Signature(weights_shape(config.array))),
                "read": Out(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, config = self.descriptor, self.config
        m.submodules.memory = memory = SinglePortMemory(
            config.weight_word_bits, config.weight_words
        )
        m.submodules.reader = reader = SequentialReader(config.weight_words)
        connect_memory(m, memory, reader, self.load, LoadTarget.WEIGHTS)
        slot = Signal(range(config.array.columns))
        last_slot = slot == config.array.columns - 1
        m.d.comb += [
            reader.setup.base.eq(layer.weight_base),
            reader.setup.beats.eq(layer.weight_steps),
            reader.setup.tile_rows.eq(layer.tile_rows),
            reader.setup.columns.eq(layer.columns),
            reader.start.eq(self.start & (layer.opcode == Opcode.MAC)),
            reader.take.eq(self.weights.valid & self.weights.ready),
            reader.keep.eq(layer.diagonal & ~last_slot),
            self.weights.valid.eq(reader.valid),
            self.read.eq(reader.read),
            self.address_error.eq(reader.out_of_range),
        ]
        with m.If(reader.read):
            m.d.sync += slot.eq(0)
        with m.Elif(reader.take):
            m.d.sync += slot.eq(slot + 1)
        self._spread(m, memory.data, slot)
        return m

    def _spread(self, m: Module, word: Signal, slot: Signal) -> None:
        """Columns' beats: their own places in the word, or their lanes of the diagonal."""
        array, datapath = self.config.array, self.config.array.datapath
        bits = datapath.beat_bits
        diagonal = Signal(bits)
        with m.Switch(slot):
            for index in range(array.columns):
                with m.Case(index):
                    m.d.comb += diagonal.eq(word[bits * index : bits * (index + 1)])
        for column in range(array.columns):
            lanes = [
                diagonal[bit] & (datapath.lane_of_bit(bit) % array.columns == column)
                for bit in range(bits)
            ]
            dense = word[bits * column : bits * (column + 1)]
            m.d.comb += self.weights.payload[column].eq(
                Mux(self.descriptor.diagonal, Cat(lanes), dense)
            )
