import numpy as np
import pytest
import torch
from torch import Tensor, nn

from quant.data import Split
from quant.evaluate import accuracy, logits, output_divergence, score


class Fixed(nn.Module):
    """Gives the first pixels of an image as its logits, and training mode away."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        assert not self.training
        return x.flatten(1)[:, :3]


def split() -> Split:
    pixels = [[0.1, 0.9, 0.0], [0.5, 0.5, 0.1], [0.2, 0.3, 0.7], [0.4, 0.1, 0.2]]
    images = np.array(pixels, dtype=np.float32).reshape(4, 1, 1, 3)
    return Split(images=images, labels=np.array([1, 1, 2, 0]))


def test_accuracy_takes_the_first_of_equal_logits() -> None:
    assert accuracy(Fixed(), split()) == 0.75


def test_batches_do_not_matter_and_the_mode_comes_back() -> None:
    network = Fixed().train()
    whole = logits(network, split().images)
    assert torch.equal(whole, logits(network, split().images, batch=3))
    assert torch.equal(whole, torch.from_numpy(split().images).flatten(1))
    assert network.training


def test_score_counts_the_labels_hit() -> None:
    outputs = torch.tensor([[0.0, 1.0], [2.0, 1.0], [0.0, 3.0]])
    assert score(outputs, np.array([1, 0, 0])) == pytest.approx(2 / 3)


def test_divergence_is_that_of_the_two_distributions() -> None:
    expected, outputs = (
        torch.tensor([[0.8, 0.2], [0.5, 0.5]]),
        torch.tensor([[0.4, 0.6], [0.5, 0.5]]),
    )
    by_hand = (0.8 * np.log(0.8 / 0.4) + 0.2 * np.log(0.2 / 0.6)) / 2
    assert output_divergence(expected.log(), outputs.log() + 3) == pytest.approx(by_hand, rel=1e-6)
    assert output_divergence(expected.log(), expected.log()) == pytest.approx(0, abs=1e-12)
