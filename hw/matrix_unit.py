"""Matrix unit: the dot-product array, the drain of its results and their requantizers."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from hw.array import ARRAY_LATENCY, DotProductArray, activations_shape, weights_shape
from hw.config import ArrayConfig
from hw.dot_product.blocks import BEATS_BITS
from hw.dot_product.interface import ACTIVATION_BITS
from hw.drain import Drain
from hw.library import instantiate
from hw.requantizer import (
    REQUANTIZER_LATENCY,
    ChannelParameters,
    LayerParameters,
    Requantizer,
)

# Cycles from a tile's last step to its first codes on the output: array, drain, requantizer.
MATRIX_UNIT_LATENCY = ARRAY_LATENCY + 1 + REQUANTIZER_LATENCY


def parameters_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one parameter beat: `drain_columns` sets of channel parameters."""
    return data.ArrayLayout(ChannelParameters, config.drain_columns)


def codes_shape(config: ArrayConfig) -> data.ArrayLayout:
    """Payload of one output beat: rows x drain_columns unsigned 8-bit codes."""
    return data.ArrayLayout(data.ArrayLayout(ACTIVATION_BITS, config.drain_columns), config.rows)


class MatrixUnit(wiring.Component):
    """Matrix products tile by tile, from activation codes to activation codes.

    beats: 4 bits, weight beats per group, see `DotProductArray`; constant during a layer.
    layer: 24 bits, see `LayerParameters`; constant during a layer.
    activations, weights: input streams of rows * lanes * 8 + 1 (`last`) and of columns *
    `Datapath.beat_bits` bits, see `DotProductArray`.
    parameters: stream of drain_columns * 54 bits (`ChannelParameters`), `columns` / `drain_columns`
    beats per tile, channels in ascending order.
    output: stream of rows * drain_columns * 8 bits, as many beats per tile, `output[row][column]`
    for the same channels.

    A tile of n groups takes max(n * beats, columns / drain_columns) cycles; it drains while the
    next one accumulates. Its first codes appear `MATRIX_UNIT_LATENCY` cycles after its last step if
    nothing waits.

    `output.ready` reaches the ready of every input stream through logic alone, with no register on
    the way. No ready waits for its own valid, but for those of the other inputs.
    """

    beats: Signal
    layer: data.View
    activations: stream.Interface
    weights: stream.Interface
    parameters: stream.Interface
    output: stream.Interface

    def __init__(self, config: ArrayConfig):
        self.config = config
        super().__init__(
            {
                "beats": In(BEATS_BITS),
                "layer": In(LayerParameters),
                "activations": In(stream.Signature(activations_shape(config))),
                "weights": In(stream.Signature(weights_shape(config))),
                "parameters": In(stream.Signature(parameters_shape(config))),
                "output": Out(stream.Signature(codes_shape(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.array = array = DotProductArray(self.config)
        m.submodules.drain = drain = Drain(self.config)
        m.d.comb += array.beats.eq(self.beats)
        connect(m, wiring.flipped(self.activations), array.activations)
        connect(m, wiring.flipped(self.weights), array.weights)
        connect(m, array.results, drain.results)
        self._requantize(m, platform, drain)
        return m

    def _requantize(self, m: Module, platform: object, drain: Drain) -> None:
        """Requantizers in lockstep; they stand still while their output is refused."""
        enable, taken = Signal(), Signal()
        stages = Signal(REQUANTIZER_LATENCY)
        m.d.comb += [
            self.output.valid.eq(stages[-1]),
            enable.eq(~self.output.valid | self.output.ready),
            taken.eq(enable & drain.columns.valid & self.parameters.valid),
            drain.columns.ready.eq(enable & self.parameters.valid),
            self.parameters.ready.eq(enable & drain.columns.valid),
        ]
        with m.If(enable):
            m.d.sync += stages.eq(Cat(taken, stages[:-1]))
        places = [(r, c) for r in range(self.config.rows) for c in range(self.config.drain_columns)]
        names = [f"requantizer_{r}_{c}" for r, c in places]
        units = instantiate(m, platform, names, lambda: Requantizer(self.config.accumulator_width))
        for (r, c), unit in zip(places, units, strict=True):
            m.d.comb += [
                unit.accumulator.eq(drain.columns.payload[r][c]),
                unit.channel.eq(self.parameters.payload[c]),
                unit.layer.eq(self.layer),
                unit.enable.eq(enable),
                self.output.payload[r][c].eq(unit.code),
            ]
