"""One behavioural test for every datapath: exact dot products, exact latency."""

from __future__ import annotations

import random

import pytest

from hw.array import ARRAY_LATENCY
from hw.config import ArrayConfig
from hw.dot_product.registry import DATAPATHS
from tests.helpers.array_bench import ArrayRun, run_array

WIDTHS = range(2, 9)
SEED = 20260


def small(unit: str) -> ArrayConfig:
    lanes = 1 if unit == "serial" else 4
    return ArrayConfig(unit=unit, rows=2, columns=2, lanes=lanes)


def steps_of(unit: str, width: int, columns: list[list[int]]) -> int:
    """Steps that one group takes, from what each datapath promises."""
    if unit == "serial":
        return max(1, sum(any(w >> k & 1 for (w,) in columns) for k in range(width)))
    digits = (width + 1) // 2
    joined = {2: 1, 3: 2, 4: 2}.get(width, 4)
    return {
        "pair_sum2": digits,
        "pair_sum": width,
        "booth_digit": digits,
        "bit_plane": width,
        "bricks": joined,
        "int8": 1,
        "int8_booth": 1,
    }[unit]


def draw(
    rng: random.Random, config: ArrayConfig, width: int, groups: int
) -> tuple[list[list[list[int]]], list[list[list[int]]]]:
    """Activations and weights per group; a third of the values are corners."""
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    code_corners, weight_corners = (0, 1, 127, 128, 254, 255), (low, -1, 0, 1, high)

    def code() -> int:
        return rng.choice(code_corners) if rng.random() < 1 / 3 else rng.randint(0, 255)

    def weight() -> int:
        return rng.choice(weight_corners) if rng.random() < 1 / 3 else rng.randint(low, high)

    lanes = range(config.lanes)
    return (
        [[[code() for _ in lanes] for _ in range(config.rows)] for _ in range(groups)],
        [[[weight() for _ in lanes] for _ in range(config.columns)] for _ in range(groups)],
    )


def check(
    run: ArrayRun, config: ArrayConfig, width: int, groups: int, activations, weights
) -> None:
    correction = config.datapath.correction(width, groups)
    for tile, results in enumerate(run.results):
        span = range(tile * groups, (tile + 1) * groups)
        expected = [
            [
                sum(
                    x * w
                    for g in span
                    for x, w in zip(activations[g][r], weights[g][c], strict=True)
                )
                for c in range(config.columns)
            ]
            for r in range(config.rows)
        ]
        assert [[value + correction for value in row] for row in results] == expected, f"{tile=}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("unit", DATAPATHS)
def test_dot_products_and_latency_are_exact(unit: str, width: int) -> None:
    config, groups, tiles = small(unit), 3, 6
    rng = random.Random(SEED + width)
    activations, weights = draw(rng, config, width, groups * tiles)
    run = run_array(config, width, activations, weights, groups)
    check(run, config, width, groups, activations, weights)
    steps = [steps_of(unit, width, columns) for columns in weights]
    assert run.last_steps == [sum(steps[: groups * (tile + 1)]) - 1 for tile in range(tiles)]
    assert run.taken_at == [last + ARRAY_LATENCY for last in run.last_steps]


@pytest.mark.parametrize("unit", DATAPATHS)
def test_refused_results_stop_the_array_without_loss(unit: str) -> None:
    config, width, groups, tiles = small(unit), 3, 1, 9
    activations, weights = draw(random.Random(SEED), config, width, groups * tiles)
    run = run_array(config, width, activations, weights, groups, ready_every=7)
    check(run, config, width, groups, activations, weights)
    assert all(cycle % 7 == 0 for cycle in run.taken_at)


@pytest.mark.parametrize("unit", DATAPATHS)
@pytest.mark.parametrize("width", [2, 5, 8])
def test_extreme_sums_stay_inside_the_trees(unit: str, width: int) -> None:
    lanes = {"serial": 1, "bricks": 8}.get(unit, 6)
    config = ArrayConfig(unit=unit, rows=1, columns=2, lanes=lanes)
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    activations = [[[255] * config.lanes]] * 4
    weights = [[[low] * config.lanes, [high] * config.lanes]] * 4
    run = run_array(config, width, activations, weights, groups=2)
    check(run, config, width, 2, activations, weights)
