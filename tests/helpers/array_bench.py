"""Runs a small dot-product array in Amaranth's simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from amaranth.hdl import Value
from amaranth.sim import Simulator

from hw.array import DotProductArray
from hw.config import ArrayConfig

# Enough for any stall of the results; beyond it the array hangs.
SPARE_CYCLES = 1000


@dataclass
class ArrayRun:
    """What one run of the array gave.

    results: accumulators [tile][row][column]. last_steps, taken_at: numbers of the clock edges at
    which each tile's last step was accepted and its results were taken.
    """

    results: list[list[list[int]]]
    last_steps: list[int]
    taken_at: list[int]


def run_array(
    config: ArrayConfig,
    width: int,
    activations: Sequence[Sequence[Sequence[int]]],
    weights: Sequence[Sequence[Sequence[int]]],
    groups: int,
    ready_every: int = 1,
) -> ArrayRun:
    """Stream reductions through the array as fast as it takes them.

    activations: [group][row][lane] codes. weights: [group][column][lane] signed, one list per group
    over all tiles. groups: groups per tile. ready_every: results are taken every n-th cycle.
    """
    datapath = config.datapath
    group_words = [datapath.group_words(group, width) for group in weights]
    words = [word for group in group_words for word in group]
    ends = list(accumulate(len(group) for group in group_words))
    dut = DotProductArray(config)
    weights_payload = Value.cast(dut.weights.payload)
    run = ArrayRun([], [], [])
    tiles = len(activations) // groups
    limit = 2 * ready_every * len(words) + SPARE_CYCLES

    async def drive(ctx) -> None:
        ctx.set(dut.beats, datapath.beats(width))
        group = step = cycle = 0
        while len(run.results) < tiles:
            ctx.set(dut.activations.valid, group < len(activations))
            ctx.set(dut.weights.valid, step < len(words))
            if group < len(activations):
                ctx.set(dut.activations.payload.codes, activations[group])
                ctx.set(dut.activations.payload.last, (group + 1) % groups == 0)
            if step < len(words):
                ctx.set(weights_payload, words[step])
            ctx.set(dut.results.ready, cycle % ready_every == 0)
            *_, took_group, took_step, valid, results = await ctx.tick().sample(
                dut.activations.ready & dut.activations.valid,
                dut.weights.ready & dut.weights.valid,
                dut.results.valid,
                dut.results.payload,
            )
            group += took_group
            step += took_step
            if took_step and step in ends[groups - 1 :: groups]:
                run.last_steps.append(cycle)
            if valid and cycle % ready_every == 0:
                rows, columns = range(config.rows), range(config.columns)
                run.results.append([[results[r][c] for c in columns] for r in rows])
                run.taken_at.append(cycle)
            cycle += 1
            assert cycle < limit, "the array does not finish"

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    return run
