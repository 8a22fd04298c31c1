"""The compressor tree against integer sums, on ragged columns."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from hw.compressor import CompressorTree

SEED = 3


@pytest.mark.parametrize("seed", range(8))
def test_sum_is_exact_modulo_the_width(seed: int) -> None:
    """Addends of any width at any offset; bits above the tree's width are dropped."""
    rng = random.Random(SEED + seed)
    width = rng.randint(3, 12)
    shapes = [(rng.randint(1, 9), rng.randint(0, width - 1)) for _ in range(rng.randint(1, 25))]
    m, total = Module(), Signal(width)
    addends = [Signal(bits, name=f"addend_{i}") for i, (bits, _) in enumerate(shapes)]
    tree = CompressorTree(m, width)
    for addend, (_, offset) in zip(addends, shapes, strict=True):
        tree.add(addend, offset)
    m.d.comb += total.eq(tree.total())
    wrong = []

    async def bench(ctx) -> None:
        full = [(1 << bits) - 1 for bits, _ in shapes]
        drawn = [[rng.randint(0, top) for top in full] for _ in range(40)]
        for values in [full, [0] * len(full), *drawn]:
            for addend, value in zip(addends, values, strict=True):
                ctx.set(addend, value)
            expected = sum(
                value << offset for value, (_, offset) in zip(values, shapes, strict=True)
            )
            if ctx.get(total) != expected % (1 << width):
                wrong.append((values, expected, ctx.get(total)))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert not wrong


@pytest.mark.parametrize("addends", [0, 1, 2])
def test_few_addends_need_no_tree(addends: int) -> None:
    m = Module()
    tree = CompressorTree(m, 4)
    for _ in range(addends):
        tree.add(Signal(4, init=9))
    total, seen = Signal(4), []
    m.d.comb += total.eq(tree.total())

    async def bench(ctx) -> None:
        seen.append(ctx.get(total))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [9 * addends % 16]
