"""Several sensitivities as one: what each of them is sure of, none by itself."""

from collections.abc import Mapping, Sequence

from quant.allocator.assign import Scores, assign
from quant.allocator.costs import Budget
from quant.allocator.space import SearchSpace


def joint(
    scores: Mapping[str, Scores], space: SearchSpace, budgets: Sequence[Budget]
) -> dict[str, dict[int, float]]:
    """Return the sum of the metrics' damages, each in units of the least it can have in total.

    `scores` are those of each metric by layer and width. A metric whose own best allocation within
    `budgets` has total damage 1 counts as much as any other, whatever its unit; one that sees no
    damage in its best allocation counts as it is.
    """
    least = {
        metric: _total(score, assign(score, space, budgets)) for metric, score in scores.items()
    }
    return {
        name: {
            width: sum(
                score[name][width] / (least[metric] or 1.0) for metric, score in scores.items()
            )
            for width in next(iter(scores.values()))[name]
        }
        for name in space.counts
    }


def _total(score: Scores, bits: Mapping[str, int]) -> float:
    return sum(score[name][width] for name, width in bits.items())
