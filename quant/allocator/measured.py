"""Our search: start from the best of several sensitivities, then exchange bits by measurement.

What the published search leaves open or does badly, and what is done about it here:

- Which statistic ranks the layers is a question about the network, not a given. Phase 1 solves the
  integer program of each metric in the settings and of their sum, trains every distinct allocation
  equally long, and keeps the one whose outputs diverge least from the float network's on the
  validation part.
- Phase 2 measures, on the network as trained, what each layer's next width up or down does to the
  outputs, and takes the exchange of least predicted divergence within all budgets: sensitivity per
  byte, cycle or joule is what the integer program weighs. An exchange that proves no better halves
  the number of layers that the next one may move; no allocation is tried twice.
- What leads after a few steps need not lead after an epoch: on ResNet-20 at 2.25 bits two seeds of
  one allocation differ by 15 % in divergence after 100 steps, by 1 % after 360, and the order of
  allocations changes between. So the two best are trained on, and only then one is kept.
- Budgets on costs hold for every allocation tried: nothing is trained that is too big, and nothing
  is shrunk further than asked. Without any, the smallest size within the accuracy budget is sought.
"""

from collections.abc import Mapping

from quant.allocator.assign import Scores, assign
from quant.allocator.costs import Budget, CostTable, weight_bytes
from quant.allocator.evaluator import Evaluation
from quant.allocator.joint import joint
from quant.allocator.refined import Refined
from quant.allocator.result import CLUSTER, REFINE
from quant.allocator.search import Search
from quant.allocator.space import Group

# Halvings of the range of sizes in search of the smallest one.
_BISECTIONS = 5
_FINALISTS = 2


def measured_search(search: Search) -> Refined:
    """Return the best allocation within the budgets on costs, or the smallest accurate one."""
    start = search.start()
    if not search.budgets:
        return smallest(search, start)
    if search.size_met(start):
        return Refined(evaluation=start, ending="the widest widths are within the budgets")
    return accurate(search, proven(search, exchange(search, best_start(search))))


def accurate(search: Search, refined: Refined) -> Refined:
    """Return `refined`, or of the allocations within all budgets the best where it is not one."""
    met = [each for each in search.evaluations if search.met(each)]
    if search.met(refined.evaluation) or not met:
        return refined
    best = min(met, key=lambda evaluation: evaluation.divergence)
    return Refined(evaluation=best, ending=refined.ending)


def proven(search: Search, refined: Refined) -> Refined:
    """Return the best of the two leading allocations after `proof_steps` more steps of each."""
    steps = search.settings.steps_of_proof
    if not steps:
        return refined
    tried = [each for each in search.evaluations if search.size_met(each)]
    leading = sorted(tried, key=lambda evaluation: evaluation.divergence)[:_FINALISTS]
    epochs = search.evaluator.epochs(steps)
    found = [
        search.evaluate(
            each.bits, parent=each, epochs=epochs, phase=REFINE, number=number, action="train on"
        )
        for number, each in enumerate(leading, start=1)
    ]
    return Refined(evaluation=min(found, key=lambda e: e.divergence), ending=refined.ending)


def best_start(search: Search) -> Evaluation:
    """Return the best of the metrics' and their sum's allocations, each trained equally long."""
    space, budgets = search.space, search.budgets
    scores = _scores(search)
    if len(scores) > 1:
        scores |= {"their sum": joint(scores, space, budgets)}
    found: dict[tuple[int, ...], list[str]] = {}
    for metric, score in scores.items():
        bits = assign(score, space, budgets)
        found.setdefault(tuple(bits.values()), []).append(metric)
    evaluations = [
        _try(search, _named(search, widths), CLUSTER, number, f"least {' and '.join(metrics)}")
        for number, (widths, metrics) in enumerate(found.items(), start=1)
    ]
    return min(evaluations, key=lambda evaluation: evaluation.divergence)


def exchange(search: Search, start: Evaluation) -> Refined:
    """Exchange bits between layers, from `start`, as long as the divergence falls."""
    best, tried = start, {tuple(e.bits.values()) for e in search.evaluations}
    reach = max(1, len(search.space.groups) // 2)
    for number in range(1, search.settings.search_rounds + 1):
        bits = next_exchange(search, best, reach)
        while bits is not None and tuple(bits.values()) in tried and reach > 1:
            reach //= 2
            bits = next_exchange(search, best, reach)
        if bits is None:
            return Refined(evaluation=best, ending="no exchange of bits promises a gain")
        if tuple(bits.values()) in tried:
            return Refined(evaluation=best, ending="the best exchange of bits was tried before")
        tried.add(tuple(bits.values()))
        new = _try(search, bits, REFINE, number, _difference(best.bits, bits))
        if new.divergence < best.divergence:
            best = new
        elif reach == 1:
            return Refined(evaluation=best, ending="the last exchange of bits gained nothing")
        else:
            reach //= 2
    return Refined(evaluation=best, ending=f"{search.settings.search_rounds} exchanges are over")


def next_exchange(search: Search, current: Evaluation, reach: int) -> dict[str, int] | None:
    """Return the bits of least predicted divergence with at most `reach` groups a width away.

    None where nothing within the budgets is predicted to be better than `current`.
    """
    space = search.space
    moves = _moves(search, current.bits)
    before, after = search.evaluator.move_divergences(
        current,
        [{name: bits[name] for name in group} for group, bits in moves],
        images=search.settings.sensitivity_images,
    )
    # A group's first layer stands for it; the others neither score nor count.
    rises = {
        (group[0], bits[group[0]]): divergence - before
        for (group, bits), divergence in zip(moves, after, strict=True)
    }
    stays = {(group[0], current.bits[group[0]]) for group in space.groups}
    firsts = {group[0] for group in space.groups}
    widths = search.widths
    scores = {name: {w: rises.get((name, w), 0.0) for w in widths} for name in space.counts}
    counts = {
        name: {w: _count((name, w), name in firsts, stays, rises, reach) for w in widths}
        for name in space.counts
    }
    limit = Budget(CostTable("exchange", "layers", counts), reach)
    bits = assign(scores, space, (*search.budgets, limit))
    gain = -sum(scores[name][bits[name]] for name in bits)
    return bits if gain > 0 else None


def smallest(search: Search, start: Evaluation) -> Refined:
    """Return the smallest allocation found within the accuracy budget, by halving the size.

    The accuracy is that after the search's steps, which the final fine-tuning only raises.
    """
    space = search.space
    size = weight_bytes(space.counts, search.widths)
    low, high = size.of(space.lowest()), size.of(space.highest())
    best, tried = start, {tuple(start.bits.values())}
    for number in range(1, _BISECTIONS + 1):
        limit = (low + high) / 2
        bits = _least(search, Budget(size, limit)) if low < limit < high else start.bits
        if tuple(bits.values()) in tried:
            return Refined(evaluation=best, ending="no size in between is left to try")
        tried.add(tuple(bits.values()))
        new = _try(search, bits, REFINE, number, f"least divergence in {size.figure(limit)}")
        if search.accuracy_met(new):
            best, high = new, size.of(new.bits)
        else:
            low = limit
    return Refined(evaluation=best, ending="the size was halved in on")


def _moves(search: Search, bits: Mapping[str, int]) -> list[tuple[Group, dict[str, int]]]:
    """Return the neighbours of `bits`, each with the group that moves."""
    space = search.space
    return [
        (group, new)
        for group in space.groups
        for new in (space.down(bits, group), space.up(bits, group))
        if new is not None
    ]


def _count(
    place: tuple[str, int],
    is_first: bool,
    stays: set[tuple[str, int]],
    rises: Mapping[tuple[str, int], float],
    reach: int,
) -> int:
    """Return how many layers a width counts as: more than allowed where it is no neighbour."""
    if not is_first or place in stays:
        return 0
    return 1 if place in rises else reach + 1


def _try(
    search: Search, bits: Mapping[str, int], phase: int, number: int, action: str
) -> Evaluation:
    return search.evaluate(
        bits,
        parent=None,
        epochs=search.evaluator.epochs(search.settings.search_steps),
        phase=phase,
        number=number,
        action=action,
    )


def _scores(search: Search) -> dict[str, Scores]:
    settings = search.settings
    return {
        metric: search.evaluator.sensitivity(
            metric, widths=search.widths, images=settings.sensitivity_images
        )
        for metric in settings.metrics
    }


def _least(search: Search, budget: Budget) -> dict[str, int]:
    """Return the bits of the least sum of all metrics within `budget`."""
    return assign(joint(_scores(search), search.space, [budget]), search.space, [budget])


def _named(search: Search, widths: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(search.evaluator.counts, widths, strict=True))


def _difference(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    moves = {
        word: [
            f"{name} to {after[name]}" for name in after if sign * (after[name] - before[name]) > 0
        ]
        for word, sign in (("raise", 1), ("lower", -1))
    }
    return "; ".join(f"{word} {', '.join(names)} bits" for word, names in moves.items() if names)
