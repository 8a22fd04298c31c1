"""Networks on an engine as records: from a simulation, or from the cycle model alone."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hw.config import engine_preset
from sigmaquant.engine_results import EngineLayer, EngineNetwork, ModelledLayer, ModelledNetwork

if TYPE_CHECKING:
    from compiler.program import Operation
    from quant.integer_network import IntegerNetwork
    from sim.engine_simulate import EngineResult
    from sim.program_model import OperationShare, ProgramTiming


def simulated(network: "IntegerNetwork", engine: str, result: "EngineResult") -> EngineNetwork:
    """What a simulation on the engine preset `engine` gave."""
    operations = zip(
        result.program.operations, result.timing.operations, result.operations, strict=True
    )
    return EngineNetwork(
        **_network(network, engine, result.timing),
        cycles_simulated=result.counters["cycles"],
        bit_exact=True,
        layers=[
            EngineLayer(
                **_layer(network, operation, share),
                cycles_simulated=counters["cycles"],
                counters={name: count for name, count in counters.items() if name != "cycles"},
            )
            for operation, share, counters in operations
        ],
    )


def modelled(network: "IntegerNetwork", engine: str) -> ModelledNetwork:
    """What the cycle model says of the engine preset `engine`.

    Raises CompileError for a network that does not fit it.
    """
    from compiler.program import compile_network
    from sim.engine_simulate import COUNTED
    from sim.program_model import program_timing

    program = compile_network(network, engine_preset(engine))
    timing = program_timing(program)
    return ModelledNetwork(
        **_network(network, engine, timing),
        layers=[
            ModelledLayer(
                **_layer(network, operation, share),
                counters={name: getattr(share.timing, name) for name in COUNTED},
            )
            for operation, share in zip(program.operations, timing.operations, strict=True)
        ],
    )


def _network(network: "IntegerNetwork", engine: str, timing: "ProgramTiming") -> dict[str, Any]:
    config = engine_preset(engine)
    return {
        "network": network.name,
        "engine": engine,
        "config": asdict(config),
        "activation_word_bytes": config.word_bytes,
        "weight_word_bytes": -(-config.weight_word_bits // 8),
        "macs": sum(network.macs(layer) for layer in network.mac_layers),
        "weights": network.weight_count,
        "mean_bits": network.mean_bits,
        "cycles_model": timing.cycles,
        "utilization": timing.utilization,
        "utilization_overall": timing.utilization_overall,
    }


def _layer(
    network: "IntegerNetwork", operation: "Operation", share: "OperationShare"
) -> dict[str, Any]:
    from sim.program_model import alone_cycles

    return {
        "name": " + ".join(operation.names),
        "kind": _kind(network, operation.names[0]),
        "mapping": operation.kind.value,
        "bits": operation.bits,
        "macs": operation.macs,
        "cycles": share.cycles,
        "cycles_model": alone_cycles(share.timing),
        "utilization": share.utilization,
        "bound": share.bound,
    }


def _kind(network: "IntegerNetwork", name: str) -> str:
    """Type of a layer as people call it."""
    from quant.integer_network import Add, AveragePool, Conv2d, Linear, MaxPool

    match network.layer(name):
        case Conv2d() as layer if layer.groups > 1:
            return "depthwise convolution"
        case Conv2d():
            return "convolution"
        case Linear():
            return "linear"
        case Add():
            return "addition"
        case AveragePool():
            return "average pool"
        case MaxPool():
            return "max pool"
