"""A search whose evaluations follow a script, to test decisions without training."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from quant.allocator.evaluator import Evaluation
from quant.allocator.search import Search
from quant.allocator.settings import AllocatorSettings
from quant.model import size_ratio

Accuracy = Callable[[dict[str, int]], float]
MakeSearch = Callable[..., Search]


class ScriptedEvaluator:
    """Four layers of 1000, 400, 80 and 20 weights with sigma 0.1, 0.2, 0.4 and 0.8."""

    def __init__(self, accuracy: Accuracy) -> None:
        draws = torch.Generator().manual_seed(0)
        self.float_weights: dict[str, Tensor] = {
            name: torch.randn(10, count // 10, generator=draws) * sigma
            for name, count, sigma in (
                ("large", 1000, 0.1),
                ("medium", 400, 0.2),
                ("small", 80, 0.4),
                ("tiny", 20, 0.8),
            )
        }
        self.counts = {name: weight.numel() for name, weight in self.float_weights.items()}
        self.data = SimpleNamespace(validation=None)
        self.script = accuracy
        self.parents: list[str | None] = []

    def float_accuracy(self, _: object) -> float:
        return 1.0

    def weights(self, _: Evaluation) -> dict[str, Tensor]:
        return self.float_weights

    def evaluate(
        self, bits: Mapping[str, int], *, parent: Evaluation | None, epochs: float, label: str
    ) -> Evaluation:
        assert label
        self.parents.append(parent.key if parent else None)
        return Evaluation(
            key=f"{len(self.parents)}",
            bits=dict(bits),
            accuracy=self.script(dict(bits)),
            divergence=1 - self.script(dict(bits)),
            size_ratio=size_ratio(self.counts, bits),
            epochs=epochs,
            seconds=0.0,
        )


@pytest.fixture
def make_search() -> MakeSearch:
    """Return a function (accuracy by bits, **settings) -> Search over the scripted evaluator."""

    def make(accuracy: Accuracy, **settings: object) -> Search:
        evaluator = ScriptedEvaluator(accuracy)
        return Search(evaluator, AllocatorSettings(**settings))  # pyright: ignore[reportArgumentType]

    return make
