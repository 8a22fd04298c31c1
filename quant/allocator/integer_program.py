"""The choice of one width for each group of layers within budgets, as an integer program.

One binary variable for each group and width, solved by HiGHS (Huangfu and Hall, "Parallelizing the
dual revised simplex method", 2018) through scipy, which is deterministic here.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from quant.allocator.costs import Budget
from quant.allocator.quiet import native_output_discarded
from quant.allocator.space import SearchSpace

# The value of one layer at one width, to be summed over the layers.
Value = Callable[[str, int], float]
Row = tuple[NDArray[np.float64], float]

# HiGHS' tolerances are absolute, some 1e-6. Rows are scaled so that the sum of their ranges is
# this, which makes the tolerances 1e-10 of it.
_RANGE = 1e4
_OPTIMAL, _INFEASIBLE = 0, 2


class IntegerProgram:
    """The allocations of `space` within `budgets`."""

    def __init__(self, space: SearchSpace, budgets: Sequence[Budget]) -> None:
        self.space = space
        self.budgets = budgets
        self._columns = [(g, width) for g in space.groups for width in space.choices(g)]
        self._one_each = np.array(
            [[g == group for g, _ in self._columns] for group in space.groups]
        )
        self._rows = [
            self._row(budget.cost.at, budget.limit - budget.cost.constant) for budget in budgets
        ]

    def minimise(
        self, value: Value, *, within: tuple[Value, float] | None = None
    ) -> dict[str, int] | None:
        """Return the bits of the least sum of `value` that meet all budgets; None if none does.

        Sums within 1e-10 of the range of all sums count as equal. `within` bounds the sum of
        another value, with the same tolerance, whereas the budgets are met exactly: a solution
        that only the tolerance let through is excluded, and the rest is solved again.
        """
        objective, _ = self._row(value, 0.0)
        rows = [*self._rows, *([self._row(*within)] if within else [])]
        while True:
            chosen = self._solve(objective, rows)
            if chosen is None:
                return None
            bits = self.space.expand(
                {
                    group: width
                    for (group, width), one in zip(self._columns, chosen, strict=True)
                    if one
                }
            )
            if all(budget.met(bits) for budget in self.budgets):
                return bits
            rows.append((chosen.astype(float), len(self.space.groups) - 1.0))

    def _row(self, value: Value, bound: float) -> Row:
        """Return coefficients float64[columns] and bound, each group's least value taken off."""
        sums = np.array(
            [sum(value(name, width) for name in g) for g, width in self._columns], float
        )
        least = np.where(self._one_each, sums, np.inf).min(axis=1)
        above = sums - least @ self._one_each
        scale = _RANGE / (np.where(self._one_each, above, 0.0).max(axis=1).sum() or _RANGE)
        return above * scale, float((bound - least.sum()) * scale)

    def _solve(
        self, objective: NDArray[np.float64], rows: Sequence[Row]
    ) -> NDArray[np.bool_] | None:
        constraints = [LinearConstraint(self._one_each.astype(float), 1, 1)]
        constraints += [LinearConstraint(row, ub=bound) for row, bound in rows]
        with native_output_discarded():  # some builds of HiGHS print a line of debugging
            result = milp(
                objective,
                integrality=np.ones(len(objective)),
                bounds=Bounds(0, 1),
                constraints=constraints,
                options={"mip_rel_gap": 0.0},
            )
        if result.status == _INFEASIBLE:
            return None
        if result.status != _OPTIMAL:
            raise RuntimeError(f"HiGHS found no allocation: {result.message}")
        return result.x > 0.5
