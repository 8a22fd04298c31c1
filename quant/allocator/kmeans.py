"""Adaptive one-dimensional k-means over layer sigma: clusters of layers become bit-widths.

Objective (the paper's): sum over clusters j of [sum over i in j of (x_i - mu_j)^2
+ balance * (|C_j| - N/K)^2]. Where the paper is open, ours:

- x is sigma standardised over the layers (mean 0, deviation 1): in raw units the squared distances
  are some 1e-3 and any balance near 0.1 would make the clusters equal in size whatever sigma says.
- The minimum is found exactly, by dynamic programming over the sorted values, so there is nothing
  to initialise. Contiguous clusters lose nothing: for given cluster sizes the objective is concave
  in the clusters' sums, and its least value lies at a partition into intervals.
- No cluster is empty. With fewer layers than widths each layer is its own cluster, and the widest
  widths are used.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Name = TypeVar("Name", bound=Hashable)


def cluster_sizes(values: NDArray[np.float64], clusters: int, balance: float) -> list[int]:
    """Return the sizes of the best intervals of the sorted `values` float64[N], first to last.

    1 <= clusters <= N. O(clusters * N^2) time; equal costs go to the smaller earlier cluster.
    """
    count = len(values)
    cost = _interval_costs(values) + balance * _size_costs(count, clusters)
    best = np.full((clusters + 1, count + 1), np.inf)
    start = np.zeros((clusters + 1, count + 1), dtype=int)
    best[0, 0] = 0
    for cluster in range(1, clusters + 1):
        for end in range(cluster, count + 1):
            totals = best[cluster - 1, :end] + cost[:end, end]
            start[cluster, end] = int(np.argmin(totals))
            best[cluster, end] = totals[start[cluster, end]]
    sizes, end = [], count
    for cluster in range(clusters, 0, -1):
        sizes.append(end - int(start[cluster, end]))
        end = int(start[cluster, end])
    return sizes[::-1]


def cluster_bits(
    sigmas: Mapping[Name, float], widths: Sequence[int], balance: float
) -> dict[Name, int]:
    """Return bits by layer: clusters of rising sigma get rising `widths`; order as in `sigmas`."""
    if not sigmas:
        return {}
    names = sorted(sigmas, key=lambda name: sigmas[name])
    values = np.array([sigmas[name] for name in names])
    deviation = values.std()
    values = (values - values.mean()) / (deviation if deviation > 0 else 1.0)
    clusters = min(len(widths), len(names))
    sizes = cluster_sizes(values, clusters, balance)
    chosen = np.repeat(widths[len(widths) - clusters :], sizes).tolist()
    bits = dict(zip(names, chosen, strict=True))
    return {name: bits[name] for name in sigmas}


def _interval_costs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared deviation from their mean of values[i:j], at [i, j]; infinite where i >= j."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    counts = np.arange(len(sums)) - np.arange(len(sums))[:, None]
    total, square = sums - sums[:, None], squares - squares[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.maximum(square - total**2 / counts, 0.0)
    return np.where(counts > 0, cost, np.inf)


def _size_costs(count: int, clusters: int) -> NDArray[np.float64]:
    sizes = np.arange(count + 1.0) - np.arange(count + 1.0)[:, None]
    return (sizes - count / clusters) ** 2
