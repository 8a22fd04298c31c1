import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quant.errors import BitWidthError
from quant.fake_quantize import WeightQuantizer
from quant.fake_quantize.weights import initial_steps
from quant.integer_network import weight_range


def weight(seed: int = 0, channels: int = 6) -> torch.Tensor:
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(channels, 3, 3, 3, generator=draws) * torch.rand(
        channels, 1, 1, 1, generator=draws
    )


@pytest.mark.parametrize("bits", range(2, 9))
def test_values_are_codes_of_the_full_range_times_the_step(bits: int) -> None:
    w = weight()
    quantizer = WeightQuantizer("conv", w, bits)
    codes = quantizer.codes(w).numpy()
    low, high = weight_range(bits)
    assert codes.dtype == np.int8
    assert low <= codes.min() <= codes.max() <= high
    step = quantizer.step.detach().numpy().reshape(-1, 1, 1, 1)
    assert np.array_equal(quantizer(w).detach().numpy(), codes * step)
    inverse = (np.float32(1) / step).astype(np.float32)
    assert np.array_equal(codes, np.clip(np.rint(w.numpy() * inverse), low, high))


def test_both_ends_of_the_range_are_used() -> None:
    w = torch.tensor([[-2.2, -1.0, 0.1, 0.9, -2.0, 1.1]])
    quantizer = WeightQuantizer("conv", w, 2)
    assert set(quantizer.codes(w).flatten().tolist()) == {-2, -1, 0, 1}


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_the_first_steps_beat_the_unclipped_ones_and_at_low_widths_a_finer_search(
    seed: int, bits: int
) -> None:
    w = weight(seed, 2).flatten(1)
    low, high = weight_range(bits)

    def error(step: torch.Tensor) -> torch.Tensor:
        column = step.unsqueeze(1)
        return (w - torch.round(w / column).clamp(low, high) * column).square().sum(dim=1)

    unclipped = torch.maximum(w.amax(dim=1) / high, w.amin(dim=1) / low)
    found = error(initial_steps(w, bits))
    best = torch.stack([error(unclipped * f) for f in torch.linspace(0.2, 1.2, 501)]).amin(dim=0)
    assert (found <= error(unclipped)).all()
    assert bits > 3 or (found <= best * 1.1 + 1e-9).all()


def test_gradients_reach_weights_inside_the_range_and_steps() -> None:
    w = torch.tensor([[0.3, -0.4, 5.0, -9.0]], requires_grad=True)
    quantizer = WeightQuantizer("conv", w, 4)
    with torch.no_grad():
        quantizer.step.fill_(0.1)
    quantizer(w).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [[1.0, 1.0, 0.0, 0.0]]
    assert quantizer.step.grad is not None
    # LSQ: sum of (rounding error / step) inside and of the range's end outside, times its factor.
    inside = (3 - 0.3 / 0.1) + (-4 - -0.4 / 0.1)
    expected = (inside + 7 - 8) / np.sqrt(4 * 7)
    assert float(quantizer.step.grad) == pytest.approx(expected, abs=1e-5)


def test_off_means_unchanged_and_steps_stay_positive() -> None:
    w = weight()
    quantizer = WeightQuantizer("conv", w, 3)
    quantizer.enabled = False
    assert quantizer(w) is w
    with torch.no_grad():
        quantizer.step.mul_(-1)
    quantizer.project()
    assert (quantizer.step > 0).all()


def test_a_channel_of_zeros_stays_zero_on_the_largest_step() -> None:
    w = torch.tensor([[0.0, 0.0], [0.5, -1.0], [0.1, 0.2]])
    quantizer = WeightQuantizer("conv", w, 2)
    assert torch.equal(quantizer(w)[0], w[0])
    steps = quantizer.step.tolist()
    assert steps[0] == max(steps[1:])
    assert WeightQuantizer("conv", torch.zeros(2, 4), 2).step.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("bits", [1, 9, 0, -4, 4.0, True])
def test_widths_outside_the_range(bits: int) -> None:
    with pytest.raises(BitWidthError, match=rf"layer 'conv': {bits!r} bits; .* in 2\.\.8"):
        WeightQuantizer("conv", weight(), bits)


@given(st.integers(0, 10_000), st.integers(2, 8))
def test_codes_are_those_of_the_operator_even_where_it_is_off(seed: int, bits: int) -> None:
    w = weight(seed)
    quantizer = WeightQuantizer("conv", w, bits)
    with torch.no_grad():
        quantized = quantizer(w)
    quantizer.enabled = False
    column = quantizer.step.detach().reshape(-1, 1, 1, 1)
    assert torch.equal(quantizer.codes(w) * column, quantized)
