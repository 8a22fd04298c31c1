"""What an allocation returns: the way to it, each layer's bits, and the verdict."""

from dataclasses import asdict, dataclass
from typing import Any

from quant.allocator.settings import AllocatorSettings

CLUSTER, REFINE, FINAL = 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Accuracies 0..1; the validation part guides, the test part is only reported."""

    validation: float
    test: float


@dataclass(frozen=True, kw_only=True)
class Round:
    """One evaluation of the search; accuracy and divergence are those of the validation part.

    phase 1 finds a start (its round 0 is the widest width), 2 refines it, 3 is the final
    fine-tuning. action is the move that led here, zone where it led to; evaluation is its key in
    the store, seconds the processor time it took.
    """

    phase: int
    round: int
    bits: dict[str, int]
    accuracy: float
    divergence: float
    size_ratio: float
    zone: str
    action: str
    qat_epochs: float
    seconds: float
    evaluation: str


@dataclass(frozen=True, kw_only=True)
class AllocatedLayer:
    """One layer with weights. macs: multiply-accumulates of one image, padding included.

    sigma: deviation of its float weights. weight_kl: divergence in nats that `bits` cause in them;
    sensitivity: the same over that of 8 bits.
    """

    name: str
    weights: int
    macs: int
    sigma: float
    weight_kl: float
    sensitivity: float
    bits: int


@dataclass(frozen=True, kw_only=True)
class Final:
    """The allocation kept, after its fine-tuning; evaluation is its key in the store."""

    validation_accuracy: float
    test_accuracy: float
    size_ratio: float
    mean_bits: float
    evaluation: str


@dataclass(frozen=True, kw_only=True)
class CostFigure:
    """What the allocation costs in one unit, against its limit."""

    name: str
    unit: str
    value: float
    limit: float


@dataclass(frozen=True, kw_only=True)
class FrontierPoint:
    """An allocation of the search that none other beats in both size and validation accuracy."""

    size_ratio: float
    mean_bits: float
    drop: float
    bits: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class SearchCost:
    """What finding the bits took, the final fine-tuning apart: training, and processor seconds."""

    qat_epochs: float
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """The outcome of one seed. met: all budgets hold for `final` on the validation part.

    reason says in one line why the search ended, and what is within reach where it is not met.
    costs are those with a budget, frontier is what the search saw of size against accuracy.
    """

    seed: int
    settings: AllocatorSettings
    float_accuracy: Accuracy
    met: bool
    reason: str
    trajectory: tuple[Round, ...]
    layers: tuple[AllocatedLayer, ...]
    costs: tuple[CostFigure, ...]
    frontier: tuple[FrontierPoint, ...]
    search: SearchCost
    final: Final

    @property
    def bits(self) -> dict[str, int]:
        """The bits of every layer with weights, in execution order."""
        return {layer.name: layer.bits for layer in self.layers}

    def to_json(self) -> dict[str, Any]:
        """Return the allocation as JSON values."""
        return asdict(self) | {
            "settings": self.settings.to_json(),
            "trajectory": [asdict(step) for step in self.trajectory],
            "layers": [asdict(layer) for layer in self.layers],
            "costs": [asdict(cost) for cost in self.costs],
            "frontier": [asdict(point) for point in self.frontier],
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Allocation":
        """Return the allocation that `to_json` wrote."""
        return cls(
            seed=record["seed"],
            settings=AllocatorSettings.from_json(record["settings"]),
            float_accuracy=Accuracy(**record["float_accuracy"]),
            met=record["met"],
            reason=record["reason"],
            trajectory=tuple(Round(**step) for step in record["trajectory"]),
            layers=tuple(AllocatedLayer(**layer) for layer in record["layers"]),
            costs=tuple(CostFigure(**cost) for cost in record["costs"]),
            frontier=tuple(FrontierPoint(**point) for point in record["frontier"]),
            search=SearchCost(**record["search"]),
            final=Final(**record["final"]),
        )
