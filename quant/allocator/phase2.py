"""Phase 2: layers move to the next width, ranked by the KL divergence of their weights.

Too big: the layers of least sensitivity go one width down. Accuracy short with the size in budget:
those of most sensitivity go one up. Each move is followed by calibration and a short training, from
the weights of the round before.

Where the paper is open, ours: with both budgets missed the size goes first, as training goes on in
every round anyway; a move down ends at the layer that brings the size into budget; an allocation
is never tried twice, the next ones in rank take its place; the best allocation seen is kept. Tied
layers move together, ranked by the most sensitive of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from quant.allocator.evaluator import Evaluation
from quant.allocator.refined import Refined
from quant.allocator.result import REFINE
from quant.allocator.search import Search
from quant.allocator.space import Group
from quant.allocator.zones import Zone
from quant.sensitivity.statistics import sensitivity


@dataclass(frozen=True, kw_only=True)
class Move:
    """New bits of all layers, and the layers that changed."""

    bits: dict[str, int]
    layers: tuple[str, ...]
    up: bool

    def __str__(self) -> str:
        moved = ", ".join(f"{name} to {self.bits[name]}" for name in self.layers)
        return f"{'raise' if self.up else 'lower'} {moved} bits"


def refine_phase(search: Search, start: Evaluation) -> Refined:
    """Run phase 2 from `start`, the outcome of phase 1."""
    settings = search.settings
    current = best = start
    tried = {tuple(start.bits.values())}
    stale, returned = 0, False
    for number in range(1, settings.refine_rounds + 1):
        if search.zone(current) is Zone.TARGET:
            return Refined(evaluation=current, ending="both budgets hold")
        move = None if stale == settings.patience else next_move(search, current, tried)
        if move is None and current is not best and not returned:
            current, stale, returned = best, 0, True
            move = next_move(search, current, tried)
        if move is None:
            ending = (
                f"no gain in {stale} rounds" if stale == settings.patience else "no move is left"
            )
            return Refined(evaluation=best, ending=ending)
        current = search.evaluate(
            move.bits,
            parent=current,
            epochs=settings.refine_epochs,
            phase=REFINE,
            number=number,
            action=str(move),
        )
        tried.add(tuple(current.bits.values()))
        stale += 1
        if search.violation(current) < search.violation(best):
            best, stale = current, 0
    ending = f"{settings.refine_rounds} rounds of phase 2 are over"
    return Refined(evaluation=best, ending=ending)


def next_move(search: Search, current: Evaluation, tried: set[tuple[int, ...]]) -> Move | None:
    """Return the first move in rank that leads to an allocation not in `tried`, if there is one."""
    moves = [m for m in _moves(search, current) if tuple(m.bits.values()) not in tried]
    in_budget = [m for m in moves if m.up and search.fits(m.bits)]
    return next(iter(in_budget + moves), None)


def _moves(search: Search, current: Evaluation) -> Iterator[Move]:
    """Yield the moves of as many groups as settings say, then of fewer, the best ranked first."""
    up = search.size_met(current)
    space = search.space
    step = space.up if up else space.down
    movable = [group for group in space.groups if step(current.bits, group) is not None]
    weights = search.evaluator.weights(current)
    ranks = {
        group: max(sensitivity(weights[name], current.bits[name]) for name in group)
        for group in movable
    }
    ranked = sorted(movable, key=lambda group: ranks[group], reverse=up)
    for count in range(min(search.settings.refine_layers, len(ranked)), 0, -1):
        for chosen in combinations(ranked, count):
            yield _step(search, current, chosen, up)


def _step(search: Search, current: Evaluation, chosen: tuple[Group, ...], up: bool) -> Move:
    step = search.space.up if up else search.space.down
    bits, moved = dict(current.bits), []
    for group in chosen:
        bits = step(bits, group) or bits
        moved += group
        if not up and search.fits(bits):
            break
    return Move(bits=bits, layers=tuple(moved), up=up)
