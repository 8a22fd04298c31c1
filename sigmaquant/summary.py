"""build/summary.json: the figures of a run for scripts."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from sigmaquant.engine_results import SimulationResult
from sigmaquant.findings import Findings

FILE = "summary.json"
WIDTHS = ("2", "4", "6", "8")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AllocatedSummary(_Strict):
    """One seed. Accuracies on the test split; `size_ratio` of the weights to INT8.

    `met`: both budgets hold for the integer network on the test split, and held in the search.
    """

    seed: int
    accuracy: float = Field(ge=0, le=1)
    golden_accuracy: float = Field(ge=0, le=1)
    size_ratio: float = Field(gt=0)
    mean_bits: float = Field(ge=2, le=8)
    met: bool


class LayerSummary(_Strict):
    """One operation of the first seed's network on the simulated engine.

    `cycles` and `utilization` are those within the whole program, `int8_cycles` the INT8 engine's.
    `cycles_model` and `cycles_simulated` are of the operation alone. Reads and writes are words.
    """

    name: str
    bits: int = Field(ge=0, le=8)
    macs: int = Field(ge=0)
    cycles: int = Field(gt=0)
    int8_cycles: int = Field(gt=0)
    cycles_model: int = Field(gt=0)
    cycles_simulated: int = Field(gt=0)
    utilization: float = Field(ge=0, le=1)
    bound: str
    counters: dict[str, int]
    bit_exact: bool


class LibertySummary(_Strict):
    """The library of the areas."""

    name: str
    sha256: str


class Summary(_Strict):
    """The whole file. Areas in um2 per multiply-accumulate per cycle, by weight width.

    `cycles`: of one image through the whole engine, by unit.
    """

    float_accuracy: float = Field(ge=0, le=1)
    int8_accuracy: float = Field(ge=0, le=1)
    allocated: list[AllocatedSummary] = Field(min_length=1)
    layers: list[LayerSummary] = Field(min_length=1)
    cycles: dict[str, int]
    area_um2_per_mac_cycle: dict[str, dict[str, float]]
    liberty: LibertySummary
    versions: dict[str, str]

    @classmethod
    def of(cls, findings: Findings) -> Self:
        """The summary of a run."""
        return cls(
            float_accuracy=findings.float_accuracy,
            int8_accuracy=findings.int8_accuracy,
            allocated=_allocated(findings),
            layers=_layers(findings.simulation),
            cycles=dict(zip(findings.synthesis.designs, findings.cycles, strict=True)),
            area_um2_per_mac_cycle={
                name: {width: design.per_mac_cycle_um2[width] for width in WIDTHS}
                for name, design in findings.synthesis.designs.items()
            },
            liberty=LibertySummary(**findings.synthesis.liberty.model_dump()),
            versions=findings.provenance.versions,
        )


def _layers(simulation: SimulationResult) -> list[LayerSummary]:
    ours, rival = simulation.engine, simulation.baseline
    fields = set(LayerSummary.model_fields)
    return [
        LayerSummary.model_validate(
            layer.model_dump(include=fields)
            | {"int8_cycles": other.cycles, "bit_exact": ours.bit_exact}
        )
        for layer, other in zip(ours.layers, rival.layers, strict=True)
    ]


def _allocated(findings: Findings) -> list[AllocatedSummary]:
    return [
        AllocatedSummary(
            seed=allocation.seed,
            accuracy=allocation.final.test_accuracy,
            golden_accuracy=network.golden_accuracy,
            size_ratio=network.size_ratio,
            mean_bits=network.mean_bits,
            met=met,
        )
        for allocation, network, met in zip(
            findings.allocations, findings.networks, findings.met, strict=True
        )
    ]
