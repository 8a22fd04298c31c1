"""Results of the steps as validated records; accuracies and ratios are fractions in 0..1."""

from typing import Self

from pydantic import Field, JsonValue, model_validator

from sigmaquant.record import Record
from sigmaquant.search_results import Cost, FrontierPoint, SearchCost


class Accuracy(Record):
    """Accuracy on the validation split (which guides) and the test split (only reported)."""

    validation: float = Field(ge=0, le=1)
    test: float = Field(ge=0, le=1)


class FloatResult(Record):
    """The pretrained network as it ships."""

    network: str
    accuracy: Accuracy
    checkpoint_sha256: str
    images: dict[str, int]


class Round(Record):
    """One evaluation of the allocator; `bits` by layer, `size_ratio` to INT8 weights."""

    phase: int
    round: int
    bits: dict[str, int]
    accuracy: float
    size_ratio: float
    zone: str
    action: str
    qat_epochs: float
    seconds: float


class AllocatedLayer(Record):
    """One multiply-accumulate layer; `sigma` and `weight_kl` as the allocator used them."""

    name: str
    weights: int
    macs: int
    sigma: float
    weight_kl: float
    bits: int = Field(ge=2, le=8)


class Final(Record):
    """The allocation that was kept."""

    validation_accuracy: float
    test_accuracy: float
    size_ratio: float
    mean_bits: float


class ZoneArea(Record):
    """A rectangle of the (size, accuracy) plane in which the allocator takes one decision."""

    zone: str
    size_ratio: tuple[float, float]
    accuracy: tuple[float, float]


class ExportedNetwork(Record):
    """An integer network as exported; `file_bytes` on disk, `sha256` of its manifest.

    `weight_bytes`: of the weights alone, packed at their own widths.
    """

    seed: int
    mean_bits: float
    size_ratio: float
    weight_bytes: int
    file_bytes: int
    sha256: str


class AllocationResult(Record):
    """One seed's allocation: the way to it, and each layer's bits."""

    seed: int
    settings: dict[str, JsonValue]
    float_accuracy: Accuracy
    met: bool
    reason: str
    trajectory: list[Round]
    zones: list[ZoneArea]
    layers: list[AllocatedLayer]
    final: Final
    costs: list[Cost]
    frontier: list[FrontierPoint]
    search: SearchCost
    network: ExportedNetwork


class UniformPoint(Record):
    """All layers at one width, after the same fine-tuning."""

    bits: int
    seed: int
    accuracy: Accuracy
    size_ratio: float
    qat_epochs: float


class NetworkResult(ExportedNetwork):
    """An exported network's accuracy in pure integers on the whole test split."""

    test_images: int
    golden_accuracy: float
    agreement: float = Field(description="images classed as by the fake-quantized network")


class Liberty(Record):
    """The standard-cell library behind the areas."""

    name: str
    sha256: str


class DesignArea(Record):
    """One synthesised design.

    Areas in um2 of standard cells, no layout. `period_ns` is the clock period asked for,
    `critical_path_ns` the longest path. `per_mac_cycle_um2`: area over peak multiply-accumulates
    per cycle, by weight bits and, where a network is known, at its `mix`.
    """

    preset: str
    unit: str
    configuration: dict[str, JsonValue]
    cells: int
    area_um2: float
    sequential_area_um2: float
    nand2_equivalents: float
    critical_path_ns: float
    period_ns: float
    per_mac_cycle_um2: dict[str, float]
    rtlil_sha256: str
    netlist_sha256: str
    liberty: Liberty
    versions: dict[str, str]


class SynthesisResult(Record):
    """Both arrays through one flow with one library and one clock period.

    `mix`: share of the network's MACs at each weight width.
    """

    array: DesignArea
    baseline: DesignArea
    mix: dict[str, float]

    @property
    def designs(self) -> dict[str, DesignArea]:
        """The shift-add array by its unit, and `int8`, whatever multiplier that one has."""
        return {self.array.unit: self.array, "int8": self.baseline}

    @property
    def liberty(self) -> Liberty:
        """The library of both."""
        return self.array.liberty

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if (self.array.liberty, self.array.period_ns) != (
            self.baseline.liberty,
            self.baseline.period_ns,
        ):
            raise ValueError("areas of different libraries or clock periods do not compare")
        return self
