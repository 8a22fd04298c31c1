from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.graph import coupled_layers, trace
from quant.networks.digits import DigitsNet
from quant.networks.resnet20 import ResNet20


class Wired(nn.Module):
    """Convolutions a, b, c, a depthwise d and a linear e, wired by `wiring`."""

    def __init__(self, wiring: Callable[["Wired", Tensor], Tensor]) -> None:
        super().__init__()
        self.wiring = wiring
        self.a = nn.Conv2d(4, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.c = nn.Conv2d(4, 4, 3, padding=1)
        self.d = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.e = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.wiring(self, x)


def end(m: Wired, x: Tensor) -> Tensor:
    return m.e(x.mean((2, 3)))


@pytest.mark.parametrize(
    ("wiring", "expected"),
    [
        (lambda m, x: end(m, m.b(m.a(x))), ()),
        (lambda m, x: end(m, m.a(m.d(x))), ()),
        (lambda m, x: end(m, m.a(x) + x), ()),
        (lambda m, x: end(m, m.a(x) + m.b(x)), (("a", "b"),)),
        (lambda m, x: end(m, (y := F.relu(m.a(x))) + m.b(y)), (("a", "b"),)),
        (lambda m, x: end(m, F.max_pool2d(m.a(x), 2) + F.avg_pool2d(m.b(x), 2)), (("a", "b"),)),
        (lambda m, x: end(m, m.a(x)[:, :, ::2, ::2] + m.b(x)[:, :, ::2, ::2]), (("a", "b"),)),
        (lambda m, x: end(m, m.b(m.a(x)) + m.c(x)), (("b", "c"),)),
        (lambda m, x: end(m, F.relu(m.a(x) + m.b(x)) + m.d(x)), (("a", "b", "d"),)),
        (lambda m, x: end(m, m.c(m.a(x) + m.b(x)) + m.d(x)), (("a", "b"), ("c", "d"))),
        (lambda m, x: end(m, (m.c(y := m.d(x)) + m.a(x)) + (m.b(x) + y)), (("a", "b", "c", "d"),)),
    ],
)
def test_layers_whose_outputs_meet(
    wiring: Callable[[Wired, Tensor], Tensor], expected: tuple[tuple[str, ...], ...]
) -> None:
    groups = coupled_layers(trace(Wired(wiring), torch.zeros(1, 4, 8, 8)))
    assert {frozenset(group) for group in groups} == {frozenset(group) for group in expected}
    assert len(groups) == len(expected)


def test_residual_streams_of_networks() -> None:
    assert coupled_layers(trace(DigitsNet(), torch.zeros(1, 1, 8, 8))) == (
        ("stem", "block1.conv2"),
        ("block2.conv2", "block2.shortcut.0"),
        ("block3.conv2", "block3.shortcut.0"),
    )
    # Shortcuts without weights join the stages: one stream from the first layer to the last.
    stream = [f"layer{stage}.{block}.conv2" for stage in (1, 2, 3) for block in (0, 1, 2)]
    graph = trace(ResNet20(), torch.zeros(1, 3, 32, 32))
    assert coupled_layers(graph) == (("conv1", *stream),)
