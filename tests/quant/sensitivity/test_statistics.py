import numpy as np
import pytest
import torch
from scipy.stats import entropy

from quant.sensitivity.statistics import (
    BINS,
    UNIFORM_SHARE,
    histogram_kl,
    sensitivity,
    sigma,
    weight_kl,
)


def weight() -> torch.Tensor:
    return torch.randn(16, 100, generator=torch.Generator().manual_seed(1)) * 0.3


def test_sigma_is_the_deviation_of_all_weights() -> None:
    assert sigma(torch.tensor([[1.0, 3.0], [5.0, 7.0]])) == pytest.approx(5**0.5)


def test_kl_falls_with_every_bit() -> None:
    values = [weight_kl(weight(), bits) for bits in range(2, 9)]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0


def test_kl_against_scipy() -> None:
    values, quantized = np.random.default_rng(0).normal(size=500), np.array([-1.0, 0.0, 1.5])
    edges = np.linspace(min(values.min(), -1), max(values.max(), 1.5), BINS + 1)
    p = np.histogram(values, edges)[0]
    q = np.histogram(quantized, edges)[0] / 3 * (1 - UNIFORM_SHARE) + UNIFORM_SHARE / BINS
    assert histogram_kl(values, quantized) == pytest.approx(entropy(p, q))


def test_equal_samples_barely_diverge_and_constants_do_not() -> None:
    values = np.random.default_rng(0).normal(size=500)
    assert histogram_kl(values, values) < -np.log(1 - UNIFORM_SHARE) + 1e-12
    assert histogram_kl(np.ones(5), np.ones(5)) == 0


def test_sensitivity_is_relative_to_8_bits() -> None:
    assert sensitivity(weight(), 8) == 1
    assert sensitivity(weight(), 2) == weight_kl(weight(), 2) / weight_kl(weight(), 8)
    assert sensitivity(torch.zeros(4, 4), 2) == 1
