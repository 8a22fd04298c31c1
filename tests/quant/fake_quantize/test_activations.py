import numpy as np
import pytest
import torch

from quant.errors import BitWidthError, QuantError
from quant.fake_quantize import ActivationQuantizer


def observed(*batches: torch.Tensor, clip: bool = True) -> ActivationQuantizer:
    quantizer = ActivationQuantizer("x", clip=clip)
    quantizer.start_observing()
    for batch in batches:
        assert quantizer(batch) is batch
    quantizer.finish_observing()
    return quantizer


def test_without_negative_values_zero_has_code_zero() -> None:
    values = torch.linspace(0, 5, 10_001)
    quantizer = observed(values)
    assert int(quantizer.zero_point) == 0
    assert float(quantizer.scale) == pytest.approx(
        float(values.sort().values[9999]) / 255, rel=1e-5
    )


def test_the_range_ends_at_the_percentiles_averaged_over_batches() -> None:
    draws = torch.Generator().manual_seed(0)
    batches = [torch.randn(200_000, generator=draws) * size for size in (1.0, 3.0)]
    quantizer = observed(*batches)
    low = float(np.mean([np.quantile(batch.numpy(), 0.0001) for batch in batches]))
    high = float(np.mean([np.quantile(batch.numpy(), 0.9999) for batch in batches]))
    assert float(quantizer.scale) == pytest.approx((high - low) / 255, rel=0.03)
    assert int(quantizer.zero_point) == pytest.approx(-low / float(quantizer.scale), abs=3)


def test_without_clipping_extreme_values_stay() -> None:
    values = torch.cat([torch.zeros(5000), torch.tensor([-2.0, 8.0])])
    quantizer = observed(values, clip=False)
    assert float(quantizer.scale) == pytest.approx(10 / 255)
    assert int(quantizer.zero_point) == 51
    ends = quantizer(torch.tensor([-2.0, 8.0, 0.0])).tolist()
    assert ends == pytest.approx([-2.0, 8.0, 0.0], abs=1e-5)


def test_values_lie_on_the_grid_and_zero_is_exact() -> None:
    quantizer = observed(torch.linspace(-1, 3, 1000))
    x = torch.linspace(-4, 6, 997)
    codes = quantizer(x) / quantizer.scale + quantizer.zero_point
    assert torch.allclose(codes, codes.round(), atol=1e-3)
    assert float(codes.min()) >= -1e-3
    assert float(codes.max()) <= 255 + 1e-3
    assert float(quantizer(torch.zeros(1))) == 0


def test_gradients_stop_outside_the_range() -> None:
    quantizer = observed(torch.linspace(0, 1, 1000))
    x = torch.tensor([-0.5, 0.5, 2.0], requires_grad=True)
    quantizer(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_a_tensor_that_is_always_zero_has_a_scale() -> None:
    quantizer = observed(torch.zeros(10))
    assert float(quantizer.scale) == pytest.approx(1 / 255)
    assert torch.equal(quantizer(torch.zeros(3)), torch.zeros(3))


def test_values_rarer_than_the_percentile_have_a_range_where_all_others_are_zero() -> None:
    values = torch.zeros(5000)
    values[7] = 3.0
    assert float(observed(values).scale) == pytest.approx(3 / 255)
    values[8] = -1.0
    quantizer = observed(values)
    assert float(quantizer.scale) == pytest.approx(4 / 255)
    assert int(quantizer.zero_point) == 64


def test_unclipped_extremes_are_those_of_all_batches() -> None:
    quantizer = observed(torch.tensor([-1.0, 2.0]), torch.tensor([-0.5, 8.0]), clip=False)
    assert float(quantizer.scale) == pytest.approx(9 / 255)
    assert int(quantizer.zero_point) == 28


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("clip", [True, False])
def test_values_that_are_not_finite_have_no_range(value: float, clip: bool) -> None:
    batch = torch.rand(5000)
    batch[17] = value
    with pytest.raises(QuantError, match="tensor 'x' takes values that are NaN or infinite"):
        observed(batch, clip=clip)


def test_no_batches_have_no_range() -> None:
    with pytest.raises(QuantError, match="tensor 'x' has no range: calibrate on at least one"):
        observed()


@pytest.mark.parametrize("bits", [4, 5, 6, 7, 8])
def test_fewer_bits_keep_the_range_and_the_zero(bits: int) -> None:
    quantizer = observed(torch.linspace(-1, 3, 1000), clip=False)
    quantizer.set_bits(bits)
    assert quantizer.top == 2**bits - 1
    values = quantizer(torch.linspace(-4, 6, 5001))
    assert len(values.unique()) == 2**bits
    half = 0.5 * float(quantizer.scale) + 1e-5
    assert float(values.min()) == pytest.approx(-1, abs=half)
    assert float(values.max()) == pytest.approx(3, abs=half)
    assert float(quantizer(torch.zeros(1))) == 0
    quantizer.set_bits(8)
    assert float(quantizer.scale) == pytest.approx(4 / 255)


def test_calibration_fits_the_range_to_the_bits() -> None:
    quantizer = ActivationQuantizer("x", clip=False)
    quantizer.set_bits(4)
    quantizer.start_observing()
    quantizer(torch.tensor([-2.0, 8.0]))
    quantizer.finish_observing()
    assert float(quantizer.scale) == pytest.approx(10 / 15)
    assert int(quantizer.zero_point) == 3


@pytest.mark.parametrize("bits", [3, 9, 4.0, True])
def test_widths_that_no_activation_has(bits: int) -> None:
    quantizer = ActivationQuantizer("x")
    match = rf"tensor 'x': {bits} bits; activations have an integer number of bits in 4\.\.8"
    with pytest.raises(BitWidthError, match=match):
        quantizer.set_bits(bits)
    assert quantizer.bits == 8
