"""benchmarks/resnet20.json: the figures of the benchmark, as validated records."""

from typing import Any

from pydantic import ConfigDict, Field

from sigmaquant import benchmark
from sigmaquant.fronts import FrontPoint
from sigmaquant.point_results import MetricRank
from sigmaquant.record import Record
from sigmaquant.results import Accuracy
from sigmaquant.search_results import SearchCost

NAME = "resnet20"


class PointFigure(Record):
    """One method at one size; lists are by seed, means over the seeds.

    budget_bits: mean bits allowed, None for a uniform width. accuracy, drop, drop_deviation: on the
    test split, fake-quantized; deviation None of one seed. qat_epochs, cpu_minutes: training of the
    weights that were kept, a search apart. bits: of the first seed. golden_accuracy and
    code_difference: of the integer networks where they were made.
    """

    budget_bits: float | None
    mean_bits: float
    size_ratio: float
    seeds: list[int]
    accuracy: list[float]
    drop: float
    drop_deviation: float | None
    qat_epochs: float
    cpu_minutes: float
    bits: dict[str, int]
    golden_accuracy: list[float] = Field(default_factory=list)
    code_difference: int | None = None

    @property
    def front(self) -> FrontPoint:
        """The point on its method's curve, by mean bits."""
        return FrontPoint(cost=self.mean_bits, accuracies=tuple(self.accuracy))


class EqualSize(Record):
    """Accuracy of SigmaQuant less that of uniform bits of the same size; None off their line."""

    budget_bits: float
    mean_bits: float
    gain: float | None


class EqualAccuracy(Record):
    """Uniform bits that are as accurate, and the share of the weights saved; None off the line."""

    budget_bits: float
    mean_bits: float
    uniform_bits: float | None
    saving: float | None


class Headlines(Record):
    """By stage, against straight lines between the uniform widths of the stage."""

    gain_at_equal_size: dict[str, list[EqualSize]]
    size_at_equal_accuracy: dict[str, list[EqualAccuracy]]


class Bar(Record):
    """What the plan demands: `value` at most `limit`, or at least where `at_least`.

    value: None where there is nothing to compare with, which is not met.
    """

    name: str
    limit: float
    value: float | None
    met: bool
    at_least: bool = False


class Search(Record):
    """The largest effort of a main search before the final fine-tuning."""

    qat_epochs: float
    cpu_minutes: float


class Figures(Record):
    """Everything the page says. points: by stage and method; left_out: methods not installed.

    cpu_minutes: of all training and searching, a search that two stages share counted once.
    """

    model_config = ConfigDict(populate_by_name=True)

    float_network: Accuracy = Field(alias="float")
    images: dict[str, int]
    points: dict[str, dict[str, list[PointFigure]]]
    left_out: list[str]
    search: Search
    headlines: Headlines
    layer_losses: dict[str, float]
    sensitivity: list[MetricRank]
    sensitivity_images: int
    bars: list[Bar]
    cpu_minutes: float


def read() -> tuple[dict[str, Any], Figures]:
    """The record and its figures; StoreError where it is missing or of another version."""
    return benchmark.read_figures(NAME, Figures, "make benchmark")


def search_effort(costs: list[SearchCost]) -> Search:
    """The largest of each."""
    return Search(
        qat_epochs=max(cost.qat_epochs for cost in costs),
        cpu_minutes=max(cost.cpu_seconds for cost in costs) / 60,
    )
