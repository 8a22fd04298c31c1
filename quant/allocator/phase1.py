"""Phase 1: layers cluster by sigma, clusters become bit-widths, training and a decision follow.

A round fails when both figures are far from their budgets (zone Abandon); the next one clusters
again with more weight on equal clusters. Otherwise at least one figure is met or near, and the
phase ends: with the allocation in the Target zone, with phase 2 in every other one. The clusters
are always those of the float network's sigma; training goes on from round to round. The paper
gives up in the Abandon zone; that it first clusters again, `cluster_rounds` times, is our reading.
"""

from dataclasses import dataclass

import torch

from quant.allocator.evaluator import Evaluation
from quant.allocator.kmeans import cluster_bits
from quant.allocator.result import CLUSTER
from quant.allocator.search import Search
from quant.allocator.space import Group
from quant.allocator.zones import Zone
from quant.sensitivity.statistics import sigma


@dataclass(frozen=True, kw_only=True)
class Clustered:
    """The last evaluation of phase 1; abandoned: every round was far from both budgets."""

    evaluation: Evaluation
    abandoned: bool


def cluster_phase(search: Search) -> Clustered:
    """Run phase 1 from the network at the widest width, calibrated but not trained."""
    settings = search.settings
    evaluation = search.start()
    if search.zone(evaluation) is Zone.TARGET:
        return Clustered(evaluation=evaluation, abandoned=False)
    sigmas = group_sigmas(search)
    for number in range(1, settings.cluster_rounds + 1):
        balance = round(settings.balance + (number - 1) * settings.balance_step, 9)
        evaluation = search.evaluate(
            search.space.expand(_pinned(search, cluster_bits(sigmas, settings.widths, balance))),
            parent=evaluation,
            epochs=settings.cluster_epochs,
            phase=CLUSTER,
            number=number,
            action=f"clusters of sigma, balance {balance:g}",
        )
        if search.zone(evaluation) is not Zone.ABANDON:
            return Clustered(evaluation=evaluation, abandoned=False)
    return Clustered(evaluation=evaluation, abandoned=True)


def group_sigmas(search: Search) -> dict[Group, float]:
    """Return the standard deviation of all weights of each group that is not pinned."""
    weights = search.evaluator.float_weights
    return {
        group: sigma(torch.cat([weights[name].flatten() for name in group]))
        for group in search.space.groups
        if len(search.space.choices(group)) > 1
    }


def _pinned(search: Search, bits: dict[Group, int]) -> dict[Group, int]:
    return {group: search.space.choices(group)[0] for group in search.space.groups} | bits
