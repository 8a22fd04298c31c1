"""What computes a layer's codes from its groups: matrix unit with weights, or pool unit."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array import activations_shape
from hw.config import ArrayConfig, EngineConfig
from hw.dot_product.interface import MAX_WEIGHT_BITS, MIN_WEIGHT_BITS
from hw.engine.load_port import LoadPort
from hw.engine.parameters import Parameters
from hw.engine.pool import Pool
from hw.engine.program import Descriptor, Opcode
from hw.engine.weights import Weights
from hw.matrix_unit import MatrixUnit, codes_shape


class Compute(wiring.Component):
    """Activation groups in, output beats out, by the descriptor's opcode.

    descriptor: stable from `start` to the layer's end. start: 1 bit, pulse.
    load: from the host, into weight and parameter memory.
    groups, output: streams, see `MatrixUnit` and `Pool`.
    step: 1 bit, the array takes a weight beat at this edge. blocked: 1 bit, it stands still because
    a finished tile cannot be handed on.
    weight_read, parameter_read: 1 bit, a word is read at this edge. address_error: 1 bit, it lies
    beyond its memory.
    """

    descriptor: data.View
    start: Signal
    load: data.View
    groups: stream.Interface
    output: stream.Interface
    step: Signal
    blocked: Signal
    weight_read: Signal
    parameter_read: Signal
    address_error: Signal

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "descriptor": In(Descriptor),
                "start": In(1),
                "load": In(LoadPort),
                "groups": In(stream.Signature(activations_shape(config.array))),
                "output": Out(stream.Signature(codes_shape(config.array))),
                "step": Out(1),
                "blocked": Out(1),
                "weight_read": Out(1),
                "parameter_read": Out(1),
                "address_error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.descriptor
        m.submodules.matrix = matrix = _ObservedMatrixUnit(self.config.array)
        m.submodules.weights = weights = Weights(self.config)
        m.submodules.parameters = parameters = Parameters(self.config)
        for reader in (weights, parameters):
            m.d.comb += [
                reader.descriptor.eq(layer),
                reader.start.eq(self.start),
                reader.load.eq(self.load),
            ]
        connect(m, weights.weights, matrix.weights)
        connect(m, parameters.parameters, matrix.parameters)
        m.d.comb += [
            matrix.layer.zero_point.eq(layer.zero_point),
            matrix.layer.minimum.eq(layer.minimum),
            matrix.layer.maximum.eq(layer.maximum),
            self.step.eq(matrix.weights.valid & matrix.weights.ready),
            self.blocked.eq(matrix.blocked),
            self.weight_read.eq(weights.read),
            self.parameter_read.eq(parameters.read),
            self.address_error.eq(weights.address_error | parameters.address_error),
        ]
        with m.Switch(layer.bits):
            for bits in range(MIN_WEIGHT_BITS, MAX_WEIGHT_BITS + 1):
                with m.Case(bits):
                    m.d.comb += matrix.beats.eq(self.config.array.datapath.beats(bits))
        self._select(m, matrix)
        return m

    def _select(self, m: Module, matrix: MatrixUnit) -> None:
        """Groups to the unit of the opcode, its output out."""
        m.submodules.pool = pool = Pool(self.config)
        m.d.comb += [
            matrix.activations.payload.eq(self.groups.payload),
            pool.groups.payload.eq(self.groups.payload),
        ]
        with m.If(self.descriptor.opcode == Opcode.MAX_POOL):
            m.d.comb += [
                pool.groups.valid.eq(self.groups.valid),
                self.groups.ready.eq(pool.groups.ready),
            ]
            connect(m, pool.output, flipped(self.output))
        with m.Else():
            m.d.comb += [
                matrix.activations.valid.eq(self.groups.valid),
                self.groups.ready.eq(matrix.activations.ready),
            ]
            connect(m, matrix.output, flipped(self.output))


class _ObservedMatrixUnit(MatrixUnit):
    """blocked: 1 bit, the array holds a finished tile that the drain does not take."""

    def __init__(self, config: ArrayConfig):
        super().__init__(config)
        self.blocked = Signal()

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        results = m.submodules.array.results
        m.d.comb += self.blocked.eq(results.valid & ~results.ready)
        return m
