"""Runs layers of a network on an array's mapped netlist: energy, and results checked on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.plan import LayerPlan, cut_layer
from compiler.streams import Words, activation_words, tile_weights
from hw.config import ArrayConfig
from hw.dot_product.interface import ACTIVATION_BITS
from quant.integer_network import IntegerNetwork, MacLayer
from sim import golden
from sim.testbench.stimulus import words
from synth.energy.simulation import Energy, GateSimulation
from synth.errors import SynthesisToolError

# Cycles that a tile may take beyond its steps before the array counts as stuck.
_PATIENCE = 64
# Fewer tiles than this say nothing about how tiles differ.
_LEAST_TILES = 4
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_STREAM = ("valid", "payload")

Place = tuple[int, int]  # position tile, channel tile


@dataclass(frozen=True, kw_only=True)
class TileRun:
    """One tile: useful multiply-accumulates, and the energy from the last tile's result to its."""

    macs: int
    energy: Energy


def run_layer(
    simulation: GateSimulation,
    network: IntegerNetwork,
    layer: MacLayer,
    codes: NDArray[np.uint8],
    config: ArrayConfig,
    *,
    cycles: int,
) -> list[TileRun]:
    """Let the array compute tiles spread evenly over the layer's positions and channels.

    codes: the layer's input, uint8 of that tensor's shape. cycles: so many steps at least (before
    any that the array skips), and four tiles, or the whole layer where it has fewer. A tile
    before them fills the pipeline and is not among the results. The array never waits: words are
    there, results are taken. Raises SynthesisToolError where a result differs from the golden
    model's accumulators or the array gets stuck, CompileError for a layer that does not fit.
    """
    plan = cut_layer(network, layer, config)
    expected = _expected(network, layer, plan, codes)
    places = spread(plan, cycles)
    sequence = [places[-1], *places]
    activations = activation_words(network, layer, plan, codes)
    weights = {tile: tile_weights(layer, plan, tile) for tile in {tile for _, tile in places}}
    results = _results(
        simulation,
        plan,
        _groups(activations, sequence, config),
        [word for _, tile in sequence for word in weights[tile]],
        sequence,
    )
    runs, before = [], simulation.energy
    for place, word in zip(sequence, results, strict=True):
        macs = _check(simulation, plan, place, expected, word)
        spent, before = simulation.energy - before, simulation.energy
        runs.append(TileRun(macs=macs, energy=spent))
    return runs[1:]


def spread(plan: LayerPlan, cycles: int) -> list[Place]:
    """Tiles of at least `cycles` steps in all, skipped ones included, and none twice.

    The order is that of multiples of the golden ratio, of which any number lies evenly, in no step
    with rows of an image. Where the last channel tile is not full, all channel tiles of a position
    go together, so that it counts for no more than its share.
    """
    together = plan.channel_tiles if plan.channels % plan.config.columns else 1
    places = plan.tile_count // together
    wanted = max(_LEAST_TILES, -(-cycles // plan.steps_per_tile))
    count = min(places, -(-wanted // together))
    chosen: dict[int, None] = {}
    turn = 0
    while len(chosen) < count:
        turn += 1
        chosen[int(turn * _GOLDEN_RATIO % 1 * places)] = None
    return [
        divmod(number * together + each, plan.channel_tiles)
        for number in chosen
        for each in range(together)
    ]


def reset(simulation: GateSimulation) -> None:
    """Bring the array to its start, whatever it has done before; results are always taken."""
    idle = {f"{port}__{part}": 0 for port in ("activations", "weights") for part in _STREAM}
    simulation.step({"rst": 1, "results__ready": 1, **idle})
    simulation.step({"rst": 0})


def _check(
    simulation: GateSimulation,
    plan: LayerPlan,
    place: Place,
    expected: NDArray[np.int64],
    word: int,
) -> int:
    """Compare a tile with `expected`; returns its useful multiply-accumulates."""
    config, (position_tile, channel_tile) = plan.config, place
    rows = expected[position_tile * config.rows :][: config.rows]
    wanted = rows[:, channel_tile * config.columns :][:, : config.columns]
    difference = _tile(word, config)[: wanted.shape[0], : wanted.shape[1]] - wanted
    if np.any(difference % (1 << config.accumulator_width)):
        raise SynthesisToolError(
            f"layer {plan.name}: tile {position_tile}, {channel_tile} of the netlist "
            f"{simulation.netlist.name} is not what the golden model computes"
        )
    return wanted.size * plan.reduction


def _results(
    simulation: GateSimulation,
    plan: LayerPlan,
    groups: Sequence[int],
    beats: Sequence[int],
    places: Sequence[Place],
) -> Iterator[int]:
    """Feed both streams without a pause; yield a word of results for every place."""
    activations, weights = iter(groups), iter(beats)
    group, beat = next(activations, None), next(weights, None)
    steady = {"beats": plan.beats}
    for position_tile, channel_tile in places:
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
                f"layer {plan.name}: the netlist {simulation.netlist.name} gives no tile "
                f"{position_tile}, {channel_tile}"
            )


def _groups(activations: Words, places: Sequence[Place], config: ArrayConfig) -> list[int]:
    """Words of the activations' stream; the last group of a tile is flagged (`hw.array`)."""
    last_flag = 1 << config.rows * config.lanes * ACTIVATION_BITS
    found: list[int] = []
    for position_tile, _ in places:
        found += words(activations[position_tile])
        found[-1] |= last_flag
    return found


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
    sums = sums.reshape(plan.channels, -1) - layer.bias[:, None]
    return sums.T - plan.config.datapath.correction(layer.bits, plan.groups)
