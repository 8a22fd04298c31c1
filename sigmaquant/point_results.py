"""One point of accuracy against cost: a method's bits at one budget, trained with one seed."""

from pydantic import Field

from sigmaquant.record import Record
from sigmaquant.results import Accuracy
from sigmaquant.search_results import Cost, SearchCost


class PointResult(Record):
    """What a method came to.

    bits: by layer. size_budget: share of INT8, None where other costs have the budgets; costs:
    those others. qat_epochs and cpu_seconds: training on the way to the weights that were kept.
    search: what finding the bits took in all, where training was part of it. met: whether all
    budgets held on the validation split, for methods that look at it; reason says more.
    evaluation: key of the kept weights in the store.
    """

    method: str
    seed: int
    size_budget: float | None
    costs: list[Cost]
    bits: dict[str, int]
    mean_bits: float
    size_ratio: float
    accuracy: Accuracy
    divergence: float = Field(description="mean KL divergence in nats from the float outputs")
    qat_epochs: float
    cpu_seconds: float
    search: SearchCost | None = None
    met: bool | None = None
    reason: str = ""
    evaluation: str


class IntegerResult(Record):
    """A point's network in pure integers on the whole test split.

    layers: largest difference of output codes from the fake-quantized layer on equal input codes;
    code_difference is the largest of them. sha256: of the network's manifest.
    """

    golden_accuracy: float
    code_difference: int
    layers: dict[str, int]
    sha256: str


class MetricRank(Record):
    """How a metric ranks the layers: Spearman's correlation with the measured loss.

    scores: the metric's damage by layer; p_value: of no correlation at all, two-sided.
    """

    metric: str
    correlation: float
    p_value: float
    scores: dict[str, float]


class SensitivityResult(Record):
    """losses: test accuracy lost by layer when it alone has few `bits`, all others 8."""

    bits: int
    images: int
    losses: dict[str, float]
    metrics: list[MetricRank]
