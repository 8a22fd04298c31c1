"""Output stage: beats of results meet their residual, are added, and get their place."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.config import EngineConfig
from hw.dot_product.interface import ACTIVATION_BITS
from hw.engine.chunks import ChunkCounter, chunk_place_shape
from hw.engine.program import Descriptor
from hw.engine.residual_add import ADD_LATENCY, AddParameters, ResidualAdder
from hw.library import instantiate
from hw.matrix_unit import codes_shape


def placed_beat_shape(config: EngineConfig) -> data.StructLayout:
    """A beat of codes on its way to the writer, see `chunk_place_shape`."""
    return data.StructLayout(
        {"valid": 1, "codes": codes_shape(config.array), "place": chunk_place_shape(config)}
    )


class OutputStage(wiring.Component):
    """Takes a beat whenever its residual is there; it never waits behind.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    main: stream of output beats of the matrix or the pool unit.
    residual_valid, residual: [array row] W bytes with the residual of the next kept beat.
    residual_take: 1 bit, the last beat that uses these words leaves at this edge.
    beat: what the writer gets, `ADD_LATENCY` edges after it was taken.
    """

    descriptor: data.View
    start: Signal
    main: stream.Interface
    residual_valid: Signal
    residual: data.View
    residual_take: Signal
    beat: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "main": In(stream.Signature(codes_shape(config.array))),
                "residual_valid": In(1),
                "residual": In(data.ArrayLayout(8 * config.word_bytes, config.array.rows)),
                "residual_take": Out(1),
                "beat": Out(placed_beat_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.counter = counter = ChunkCounter(self.config)
        place, layer = counter.place, self.descriptor
        taken = Signal()
        valid = Signal(ADD_LATENCY)
        places = Signal(data.ArrayLayout(place.shape(), ADD_LATENCY), reset_less=True)
        m.d.comb += [
            counter.descriptor.eq(layer),
            counter.start.eq(self.start),
            counter.advance.eq(taken),
            self.main.ready.eq(~layer.residual | ~place.keep | self.residual_valid),
            taken.eq(self.main.valid & self.main.ready),
            self.residual_take.eq(taken & layer.residual & place.closes_word),
            self.beat.valid.eq(valid[-1]),
            self.beat.place.eq(places[-1]),
        ]
        m.d.sync += valid.eq(Cat(taken, valid[:-1]))
        m.d.sync += places[0].eq(place)
        for stage in range(1, ADD_LATENCY):
            m.d.sync += places[stage].eq(places[stage - 1])
        self._add(m, platform, taken, place)
        return m

    def _add(self, m: Module, platform: object, taken: Signal, place: data.View) -> None:
        array, layer = self.config.array, Signal(AddParameters)
        m.d.comb += layer.enable.eq(self.descriptor.residual)
        for name in AddParameters.members:
            if name != "enable":
                m.d.comb += layer[name].eq(self.descriptor[f"add_{name}"])
        places = [(r, c) for r in range(array.rows) for c in range(array.drain_columns)]
        names = [f"adder_{r}_{c}" for r, c in places]
        adders = instantiate(m, platform, names, ResidualAdder)
        chunk_bits = ACTIVATION_BITS * array.drain_columns
        for (r, c), adder in zip(places, adders, strict=True):
            chunk = self.residual[r].word_select(place.slot, chunk_bits)
            m.d.comb += [
                adder.layer.eq(layer),
                adder.valid.eq(taken),
                adder.main.eq(self.main.payload[r][c]),
                adder.residual.eq(chunk.word_select(c, ACTIVATION_BITS)),
                self.beat.codes[r][c].eq(adder.code),
            ]
