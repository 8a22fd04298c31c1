"""Runs layers of a network on an array's mapped netlist: energy, and results checked on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compiler.plan import LayerPlan, plan_layer
from compiler.streams import LayerStreams, layer_streams
from hw.config import ArrayConfig
from quant.integer_network import IntegerNetwork, MacLayer
from sim import golden
from sim.testbench.stimulus import stream_words
from synth.energy.simulation import Energy, GateSimulation
from synth.errors import SynthesisToolError

# Cycles that a tile may take beyond its steps before the array counts as stuck.
_PATIENCE = 64


@dataclass(frozen=True, kw_only=True)
class ArrayRun:
    """One layer's window on the array: its useful multiply-accumulates, tiles of results, energy.

    cycles and energy go from the first word to the last tile.
    """

    macs: int
    tiles: int
    energy: Energy


def run_layer(
    simulation: GateSimulation,
    network: IntegerNetwork,
    layer: MacLayer,
    codes: NDArray[np.uint8],
    config: ArrayConfig,
    *,
    cycles: int,
) -> ArrayRun:
    """Let the array compute tiles spread over the layer's output positions, of all its channels.

    codes: the layer's input, uint8 of that tensor's shape. cycles: at least so many steps are
    simulated, or the whole layer. Raises SynthesisToolError where a result differs from the golden
    model's accumulators or the array gets stuck, CompileError for a layer that does not fit.
    """
    plan = plan_layer(network, layer, config)
    expected = _expected(network, layer, plan, codes)
    chosen = _spread(plan, cycles)
    streams = _window(layer_streams(network, layer, plan, codes), chosen)
    before = simulation.energy
    for (place, channel_tile), word in zip(
        streams.plan.tiles(), _results(simulation, streams), strict=True
    ):
        rows = expected[chosen[place] * config.rows :][: config.rows]
        wanted = rows[:, channel_tile * config.columns :][:, : config.columns]
        difference = _tile(word, config)[: wanted.shape[0], : wanted.shape[1]] - wanted
        if np.any(difference % (1 << config.accumulator_width)):
            raise SynthesisToolError(
                f"layer {layer.name}: tile {chosen[place]}, {channel_tile} of the netlist "
                f"{simulation.netlist.name} is not what the golden model computes"
            )
    rows = sum(min(config.rows, plan.positions - tile * config.rows) for tile in chosen)
    return ArrayRun(
        macs=rows * plan.channels * plan.reduction,
        tiles=streams.plan.tile_count,
        energy=simulation.energy - before,
    )


def _spread(plan: LayerPlan, cycles: int) -> list[int]:
    """Position tiles of at least `cycles` steps in all, evenly over the layer."""
    steps = plan.steps_per_tile * plan.channel_tiles
    count = min(plan.position_tiles, max(1, -(-cycles // steps)))
    return [(2 * place + 1) * plan.position_tiles // (2 * count) for place in range(count)]


def _window(streams: LayerStreams, tiles: list[int]) -> LayerStreams:
    """The streams of some position tiles alone."""
    positions = len(tiles) * streams.plan.config.rows
    return replace(
        streams,
        plan=replace(streams.plan, positions=positions),
        activations=streams.activations[tiles],
    )


def reset(simulation: GateSimulation) -> None:
    """Bring the array to its start, inputs idle and results always taken."""
    idle = {"activations__valid": 0, "weights__valid": 0, "results__ready": 1}
    simulation.step({"rst": 1, **idle})
    simulation.step({"rst": 0})


def _results(simulation: GateSimulation, streams: LayerStreams) -> Iterator[int]:
    """Feed both streams without a pause; yield a word of results for every tile of the plan."""
    plan = streams.plan
    activations, weights, _ = (iter(words) for words in stream_words(streams))
    group, beat = next(activations, None), next(weights, None)
    steady = {"beats": plan.beats}
    for tile in range(plan.tile_count):
        for _ in range(plan.steps_per_tile + _PATIENCE):
            simulation.step({**steady, **_offer("activations", group), **_offer("weights", beat)})
            if group is not None and simulation.output("activations__ready"):
                group = next(activations, None)
            if beat is not None and simulation.output("weights__ready"):
                beat = next(weights, None)
            if simulation.output("results__valid"):
                yield simulation.output("results__payload")
                break
        else:
            raise SynthesisToolError(
                f"layer {plan.name}: the netlist {simulation.netlist.name} gives no tile {tile}"
            )


def _offer(port: str, word: int | None) -> dict[str, int]:
    """Inputs of a stream that offers a word, or none: then its payload stays as it is."""
    if word is None:
        return {f"{port}__valid": 0}
    return {f"{port}__valid": 1, f"{port}__payload": word}


def _tile(word: int, config: ArrayConfig) -> NDArray[np.int64]:
    """Accumulators [row, column] of a word of results, as unsigned integers."""
    width = config.accumulator_width
    values = [word >> width * place & (1 << width) - 1 for place in range(config.units)]
    return np.array(values, dtype=np.int64).reshape(config.rows, config.columns)


def _expected(
    network: IntegerNetwork, layer: MacLayer, plan: LayerPlan, codes: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """[position, channel] of what the array leaves in its accumulators."""
    sums = golden.accumulators(network, layer, codes[np.newaxis])[0].astype(np.int64)
    sums = sums.reshape(plan.channels, -1)[:, : plan.positions] - layer.bias[:, None]
    return sums.T - plan.config.datapath.correction(layer.bits, plan.groups)
