from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.allocator.kmeans import cluster_bits, cluster_sizes


def objective(values: np.ndarray, labels: tuple[int, ...], clusters: int, balance: float) -> float:
    total = 0.0
    for cluster in range(clusters):
        members = values[np.array(labels) == cluster]
        total += float(np.sum((members - members.mean()) ** 2))
        total += balance * (len(members) - len(values) / clusters) ** 2
    return total


@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=7),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.1, 0.3, 2.0]),
)
def test_no_partition_at_all_is_better(values: list[float], clusters: int, balance: float) -> None:
    array = np.sort(np.array(values))
    sizes = cluster_sizes(array, clusters, balance)
    found = objective(array, tuple(np.repeat(range(clusters), sizes)), clusters, balance)
    best = min(
        objective(array, labels, clusters, balance)
        for labels in product(range(clusters), repeat=len(array))
        if len(set(labels)) == clusters
    )
    assert min(sizes) >= 1
    assert sum(sizes) == len(array)
    assert found <= best + 1e-9


def test_rising_sigma_gets_rising_bits_in_the_given_order() -> None:
    sigmas = {"d": 0.9, "a": 0.1, "b": 0.3, "b2": 0.31, "c": 0.6}
    assert cluster_bits(sigmas, (2, 4, 6, 8), 0.0) == {"d": 8, "a": 2, "b": 4, "b2": 4, "c": 6}
    assert list(cluster_bits(sigmas, (2, 4, 6, 8), 0.0)) == list(sigmas)


def test_balance_evens_the_clusters() -> None:
    sigmas = {f"l{i}": value for i, value in enumerate([0.10, 0.11, 0.12, 0.13, 0.14, 0.15, 0.9])}
    free = list(cluster_bits(sigmas, (2, 8), 0.0).values())
    even = list(cluster_bits(sigmas, (2, 8), 10.0).values())
    assert free.count(2) == 6
    assert even.count(2) in (3, 4)


def test_scale_does_not_matter() -> None:
    sigmas = {f"l{i}": value for i, value in enumerate([0.1, 0.2, 0.25, 0.5, 0.8, 0.85])}
    scaled = {name: 1000 * value for name, value in sigmas.items()}
    assert cluster_bits(sigmas, (2, 4, 8), 0.1) == cluster_bits(scaled, (2, 4, 8), 0.1)


@pytest.mark.parametrize(
    ("sigmas", "bits"),
    [({"a": 0.2, "b": 0.1}, {"a": 8, "b": 6}), ({"a": 0.1}, {"a": 8})],
)
def test_fewer_layers_than_widths_use_the_widest(
    sigmas: dict[str, float], bits: dict[str, int]
) -> None:
    assert cluster_bits(sigmas, (2, 4, 6, 8), 0.1) == bits


def test_equal_sigmas_are_divided_evenly() -> None:
    bits = cluster_bits(dict.fromkeys("abcd", 0.3), (2, 4, 6, 8), 0.1)
    assert sorted(bits.values()) == [2, 4, 6, 8]
