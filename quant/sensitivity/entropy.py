"""The entropy of the quantized weights: what a layer says at a width, and what fewer bits lose.

EAGL-style, after Bablani et al., "Efficient and effective methods for mixed precision neural
network quantization for faster, energy-efficient inference", 2023. They choose between 4 and 2
bits and take the entropy at 4 bits as the gain of keeping them. For any widths, ours: the damage
is what the entropy falls short of that at 8 bits, per weight, whatever the layer's size.
"""

import torch
from torch import Tensor

from quant.fake_quantize import WeightQuantizer
from quant.integer_network import MAX_BITS
from quant.sensitivity.context import Context, Scores


def entropy(context: Context) -> Scores:
    """Return H(8 bits) - H(bits) of the weight codes of each layer, in bits a weight."""
    return context.score(
        lambda weight, bits: code_entropy(weight, MAX_BITS) - code_entropy(weight, bits)
    )


def code_entropy(weight: Tensor, bits: int) -> float:
    """Return the entropy in bits of the codes of a layer's weight float32[O, ...] at `bits`."""
    codes = WeightQuantizer("entropy", weight, bits).codes(weight)
    counts = torch.unique(codes, return_counts=True)[1].double()
    shares = counts / counts.sum()
    return float(-(shares * shares.log2()).sum())
