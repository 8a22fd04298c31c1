import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.data import Splits
from quant.model import QuantizedModel
from quant.sensitivity.moves import move_divergences


@pytest.fixture
def images(small_data: Splits) -> Tensor:
    return torch.from_numpy(small_data.train.images[:40])


def by_hand(model: QuantizedModel, teacher: nn.Module, images: Tensor) -> float:
    """The divergence with BatchNorm on batch statistics and activations as they are."""
    model = copy.deepcopy(model)
    model.quantize(weights=True, activations=False)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    with torch.no_grad():
        p = F.log_softmax(teacher(images).double(), dim=1)
        q = F.log_softmax(model(images).double(), dim=1)
    return float((p.exp() * (p - q)).sum(1).mean())


def test_each_move_by_itself_as_if_it_were_made(
    small_model: QuantizedModel, small_net: nn.Module, images: Tensor
) -> None:
    moves = [{"classifier": 2}, {"first": 2, "second": 8}, {"second": 3}]
    before, after = move_divergences(small_model, small_net, images, moves)
    assert before == pytest.approx(by_hand(small_model, small_net, images), rel=1e-4)
    for move, divergence in zip(moves, after, strict=True):
        moved = copy.deepcopy(small_model)
        moved.set_bits(move)
        assert divergence == pytest.approx(by_hand(moved, small_net, images), rel=1e-4)
    assert after[2] == before  # the width that it has already: learned steps stay


def test_the_model_is_left_as_it_was(
    small_model: QuantizedModel, small_net: nn.Module, images: Tensor
) -> None:
    bits, state = small_model.bits, small_model.snapshot()
    modes = [quantizer.mode for quantizer in small_model.activation_quantizers()]
    heard: list[tuple[str, int, int]] = []
    move_divergences(
        small_model,
        small_net,
        images,
        [{"first": 2}],
        progress=lambda *event: heard.append(event),
    )
    assert small_model.bits == bits
    assert all(torch.equal(value, state[key]) for key, value in small_model.snapshot().items())
    assert [quantizer.mode for quantizer in small_model.activation_quantizers()] == modes
    assert not small_model.training
    assert heard == [("divergence of moves", 1, 1)]
