"""The pair-sum datapath, exhaustively for one pair of lanes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import data
from amaranth.sim import Simulator

from hw.config import ArrayConfig
from hw.dot_product.pair_sum import PairSumTree, select_addends, sum_pairs
from tests.helpers.array_bench import run_array

CORNERS = ((0, 0), (255, 255), (255, 0), (0, 255), (1, 254), (128, 127))


def test_every_addend_of_one_pair() -> None:
    """All activations of both lanes against all weight bits, through both edges' logic."""
    codes, plane = Signal(data.ArrayLayout(8, 2)), Signal(2)
    m = Module()
    m.submodules.tree = tree = PairSumTree(1)
    sum_pairs(m, codes, tree.row)
    select_addends(m, plane, tree.column)
    wrong = []

    async def bench(ctx) -> None:
        for bits, x0, x1 in itertools.product(range(4), range(256), range(256)):
            ctx.set(plane, bits)
            ctx.set(codes, [x0, x1])
            if ctx.get(tree.total) != (bits & 1) * x0 + (bits >> 1) * x1:
                wrong.append((bits, x0, x1))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    assert not wrong


def weight_pairs(width: int, *, exhaustive: bool) -> list[tuple[int, int]]:
    """All pairs of weights; or all values of one lane against corners of the other."""
    values = range(-(1 << (width - 1)), 1 << (width - 1))
    if exhaustive or width <= 4:
        return list(itertools.product(values, values))
    corners = (values[0], -1, 0, 1, values[-1])
    return [*itertools.product(values, corners), *itertools.product(corners, values)]


def check_pairs(
    width: int, pairs: list[tuple[int, int]], corners: Sequence[tuple[int, int]] = CORNERS
) -> None:
    """Every pair of weights against the corner activations, one row for each of these."""
    config = ArrayConfig(unit="pair_sum", rows=len(corners), columns=1, lanes=2)
    activations = [[list(corner) for corner in corners]] * len(pairs)
    weights = [[[w0, w1]] for w0, w1 in pairs]
    run = run_array(config, width, activations, weights, groups=1)
    correction = config.datapath.correction(width, 1)
    for (w0, w1), results in zip(pairs, run.results, strict=True):
        assert [row[0] + correction for row in results] == [x0 * w0 + x1 * w1 for x0, x1 in corners]


@pytest.mark.parametrize("width", range(2, 9))
def test_every_weight_of_one_pair(width: int) -> None:
    check_pairs(width, weight_pairs(width, exhaustive=False))


@pytest.mark.slow
@pytest.mark.parametrize("width", [5, 6])
def test_every_pair_of_weights(width: int) -> None:
    check_pairs(width, weight_pairs(width, exhaustive=True))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("width", [7, 8])
def test_every_pair_of_wide_weights(width: int) -> None:
    """Two rows, not six: their activations differ between the lanes and between the rows."""
    check_pairs(width, weight_pairs(width, exhaustive=True), CORNERS[-2:])
