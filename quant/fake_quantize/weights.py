"""Weights on a grid of 2..8 bits: per output channel, symmetric, full range, learned steps.

The step sizes learn by the gradient of Esser et al., "Learned step size quantization", 2020, which
torch carries as an operator of its own.

Ours, where the allocation's paper quantizes by symmetric min-max: the first steps are those of the
least squared error, they learn, and the full range -2^(bits-1) .. 2^(bits-1)-1 is used.
"""

import torch
from torch import Tensor, nn

from quant.errors import BitWidthError
from quant.integer_network import MAX_BITS, MIN_BITS, weight_range

# The smallest step: far below any trained weight's, it only keeps 1 / step finite.
_TINY = 1e-12
# Candidate steps of the search, as fractions of the step that just avoids clipping.
_FRACTIONS = torch.linspace(0.25, 1.25, 81).tolist()


class WeightQuantizer(nn.Module):
    """The parametrization of a layer's weight: float32[O, ...] in, the same on its grid out.

    weight ~ step[o] * code with code in -2^(bits-1) .. 2^(bits-1)-1, halves rounded to even. `name`
    is the layer's, for messages. While `enabled` is False weights pass unchanged.
    """

    zero_point: Tensor

    def __init__(self, name: str, weight: Tensor, bits: int = MAX_BITS) -> None:
        super().__init__()
        self.name = name
        self.bits = bits
        self.enabled = True
        channels = weight.shape[0]
        self.step = nn.Parameter(torch.ones(channels, device=weight.device))
        self.register_buffer(
            "zero_point", torch.zeros(channels, device=weight.device), persistent=False
        )
        self.resize(weight, bits)

    def forward(self, weight: Tensor) -> Tensor:
        """Return the quantized weight; gradients reach the weight and the steps."""
        if not self.enabled:
            return weight
        low, high = weight_range(self.bits)
        # The scaling of the step's gradient that Esser et al. give in their section 2.2.
        gradient = (weight[0].numel() * high) ** -0.5
        return torch.ops.aten._fake_quantize_learnable_per_channel_affine(
            weight, self.step, self.zero_point, 0, low, high, gradient
        )

    @torch.no_grad()
    def resize(self, weight: Tensor, bits: int) -> None:
        """Change to `bits` and choose each channel's step anew for `weight`."""
        check_bits(self.name, bits)
        self.bits = bits
        self.step.copy_(initial_steps(weight, bits))

    @torch.no_grad()
    def project(self) -> None:
        """Bring steps that a gradient made zero or negative back to positive ones."""
        self.step.clamp_(min=_TINY)

    @torch.no_grad()
    def codes(self, weight: Tensor) -> Tensor:
        """Return the integer codes int8[O, ...] that `forward` uses for `weight` while enabled."""
        low, high = weight_range(self.bits)
        column = self.step.reshape(-1, *[1] * (weight.dim() - 1))
        # The operator multiplies by the reciprocal, which may round another way than a division.
        return torch.round(weight * (1 / column)).clamp(low, high).to(torch.int8)


def check_bits(name: str, bits: int) -> None:
    """Raise BitWidthError, naming the layer and the width, unless bits is an integer in 2..8."""
    if type(bits) is not int or not MIN_BITS <= bits <= MAX_BITS:
        raise BitWidthError(
            f"layer '{name}': {bits!r} bits; weights have an integer number of bits in "
            f"{MIN_BITS}..{MAX_BITS}"
        )


@torch.no_grad()
def initial_steps(weight: Tensor, bits: int) -> Tensor:
    """Return steps float32[O] of the smallest squared error per channel, by exhaustive search.

    The candidates lie around the step at which just no weight is clipped: smaller ones trade
    clipped outliers for a finer grid. On the digits network at 2 bits this starts training from a
    fifth of the errors that the unclipped step gives. A channel of zeros, exact on any grid, gets
    the layer's largest step, on which it can be trained.
    """
    low, high = weight_range(bits)
    rows = weight.detach().flatten(1)
    unclipped = torch.maximum(rows.amax(dim=1) / high, rows.amin(dim=1) / low)
    zeros = unclipped == 0
    unclipped.clamp_(min=_TINY)
    best, least = unclipped.clone(), torch.full_like(unclipped, torch.inf)
    for fraction in _FRACTIONS:
        step = (unclipped * fraction).clamp(min=_TINY)
        column = step.unsqueeze(1)
        error = (rows - torch.round(rows / column).clamp(low, high) * column).square().sum(dim=1)
        better = error < least
        best, least = torch.where(better, step, best), torch.where(better, error, least)
    return best.masked_fill(zeros, 1.0 if zeros.all() else float(best.max()))
