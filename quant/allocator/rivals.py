"""Other ways to choose bits within the same budgets, to measure the allocator against.

Each pairs a sensitivity metric with a way to assign widths; none trains before it has chosen. The
published methods are followed in their scores and their kind of optimiser, hence "-style".
"""

import random as python_random
from collections.abc import Callable, Mapping, Sequence

from quant.allocator.assign import assign, check_reachable, greedy
from quant.allocator.costs import Budget
from quant.allocator.space import SearchSpace
from quant.errors import SettingsError

Assign = Callable[
    [Mapping[str, Mapping[int, float]], SearchSpace, Sequence[Budget]], dict[str, int]
]

# Metric and assignment by method: HAWQ-V2's trace, EAGL's entropy and the Fisher information as
# they are published with an integer program, the layer's squared error as the plainest greedy way.
SCORED: dict[str, tuple[str, Assign]] = {
    "entropy": ("entropy", assign),
    "fisher": ("fisher", assign),
    "hessian": ("hessian", assign),
    "layer_mse": ("weight_mse", greedy),
    "output_kl": ("output_kl", assign),
    "weight_kl": ("weight_kl", assign),
}
METHODS = (*SCORED, "random")

# A random allocation uses this share of the budget that binds, or it would lose by its size alone.
_FULL = 0.97
_TRIES = 1000


def random(space: SearchSpace, budgets: Sequence[Budget], *, seed: int) -> dict[str, int]:
    """Return a random allocation that uses at least 97 % of the budget that binds.

    Widths are drawn evenly by group; random groups then move down until the budgets hold, and
    random ones up while they do. Where 1000 draws leave more of the budget, or the widest
    allocation uses less, the fullest drawn is returned. Equal seeds give equal bits. SettingsError
    where no draw came to be within the budgets.
    """
    check_reachable(space, budgets)
    draws = python_random.Random(seed)
    best, fullest = None, -1.0
    for _ in range(_TRIES):
        bits = _draw(space, budgets, draws)
        if bits is None:
            continue
        used = max((b.cost.of(bits) / b.limit for b in budgets), default=1.0)
        if used > fullest:
            best, fullest = bits, used
        if used >= _FULL or bits == space.highest():
            break
    if best is None:
        raise SettingsError(f"{_TRIES} random allocations, none within the budgets; raise one")
    return best


def _draw(
    space: SearchSpace, budgets: Sequence[Budget], draws: python_random.Random
) -> dict[str, int] | None:
    """Return one random allocation within `budgets`, None where the lowest widths exceed them."""
    bits = space.expand({group: draws.choice(space.choices(group)) for group in space.groups})
    while not _met(bits, budgets):
        lower = [moved for group in space.groups if (moved := space.down(bits, group))]
        if not lower:
            return None
        bits = draws.choice(lower)
    while True:
        higher = [moved for group in space.groups if (moved := space.up(bits, group))]
        fitting = [moved for moved in higher if _met(moved, budgets)]
        if not fitting:
            return bits
        bits = draws.choice(fitting)


def _met(bits: Mapping[str, int], budgets: Sequence[Budget]) -> bool:
    return all(budget.met(bits) for budget in budgets)
