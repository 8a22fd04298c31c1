import copy

import pytest
import torch
from scipy.stats import entropy
from torch import nn

from quant.sensitivity.context import Context
from quant.sensitivity.output_kl import divergence, output_kl


@torch.no_grad()
def direct(context: Context, name: str | None, bits: int) -> list[torch.Tensor]:
    """Probabilities of the two batches with at most one layer quantized, one whole run each."""
    model = copy.deepcopy(context.model)
    model.quantize(weights=False, activations=False)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    if name is not None:
        model.set_bits({name: bits})
        model.mac_units[name].weight_quantizer.enabled = True
    return [model(images).double().softmax(dim=1) for images in context.images.split(80)]


@pytest.mark.parametrize("name", ["first", "second", "classifier"])
@pytest.mark.parametrize("bits", [2, 8])
def test_against_scipy(context: Context, name: str, bits: int) -> None:
    p = torch.cat(direct(context, None, 8))
    q = torch.cat(direct(context, name, bits))
    expected = entropy(p.numpy(), q.numpy(), axis=1).mean()
    assert output_kl(context)[name][bits] == pytest.approx(expected, rel=1e-4)


def test_equal_logits_do_not_diverge() -> None:
    logits = torch.randn(5, 10, generator=torch.Generator().manual_seed(0))
    assert divergence(logits, logits) == 0
    assert divergence(logits, logits + 3) == pytest.approx(0, abs=1e-12)
    assert divergence(logits, logits * 2) > 0
