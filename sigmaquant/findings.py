"""Everything one run found, as the table, the page and the records read it."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from sigmaquant.config import Configuration
from sigmaquant.engine_results import SimulationResult
from sigmaquant.record import Record
from sigmaquant.results import (
    AllocationResult,
    FloatResult,
    NetworkResult,
    SynthesisResult,
    UniformPoint,
)
from sigmaquant.tables import Table, percent

FILE = "findings.json"
HARDLY = 0.01  # accuracy that a reader may call no difference on so few images
SLACK = 1e-9  # counts over counts: rounding must not decide


class Provenance(Record):
    """What made the figures: command, versions, source hashes, seconds per step."""

    command: str
    versions: dict[str, str]
    sources: dict[str, str]
    steps: dict[str, float]


class Findings(Record):
    """The results of one run. Lists are in the order of the configuration's seeds."""

    configuration: Configuration
    pretrained: FloatResult
    uniform: list[UniformPoint]
    allocations: list[AllocationResult]
    networks: list[NetworkResult]
    simulation: SimulationResult
    synthesis: SynthesisResult
    provenance: Provenance

    @property
    def float_accuracy(self) -> float:
        """Test accuracy of the float network."""
        return self.pretrained.accuracy.test

    @property
    def int8_accuracy(self) -> float:
        """Test accuracy at uniform 8 bits, mean over the seeds."""
        return self.uniform_accuracy(8)

    @property
    def int8_by_seed(self) -> dict[int, float]:
        """Test accuracy at uniform 8 bits of each seed."""
        return {each.seed: each.accuracy.test for each in self.uniform if each.bits == 8}

    @property
    def seeds(self) -> Table:
        """The table of the seeds."""
        return seed_table(
            self.float_accuracy,
            self.allocations,
            self.networks,
            self.met,
            self.int8_by_seed,
        )

    @property
    def shown(self) -> AllocationResult:
        """The allocation that is simulated, synthesised for and drawn: the first seed's."""
        return self.allocations[0]

    @property
    def uniform_bits(self) -> list[int]:
        """The uniform widths that were evaluated, widest first."""
        return sorted({point.bits for point in self.uniform}, reverse=True)

    def uniform_accuracy(self, bits: int) -> float:
        """Test accuracy with every layer at `bits`, mean over the seeds."""
        return fmean(point.accuracy.test for point in self.uniform if point.bits == bits)

    def uniform_size(self, bits: int) -> float:
        """Weight size with every layer at `bits`, as a fraction of INT8."""
        return next(point.size_ratio for point in self.uniform if point.bits == bits)

    @property
    def drops(self) -> list[float]:
        """Test accuracy lost against float by each seed's integer network."""
        return [self.float_accuracy - network.golden_accuracy for network in self.networks]

    @property
    def met(self) -> list[bool]:
        """Whether each seed holds the budgets (see `is_met`)."""
        return [
            is_met(self.configuration, self.float_accuracy, *pair)
            for pair in zip(self.allocations, self.networks, strict=True)
        ]

    @property
    def cycles(self) -> tuple[int, int]:
        """Cycles of one image: (shift-add engine, INT8 engine), both from the exact model."""
        return self.simulation.engine.cycles_model, self.simulation.baseline.cycles_model

    def area_ratio(self, widths: str) -> float:
        """Shift-add area per MAC/cycle over INT8's, at a width ('8') or at the 'mix'."""
        ours, rival = self.synthesis.array, self.synthesis.baseline
        return ours.per_mac_cycle_um2[widths] / rival.per_mac_cycle_um2[widths]


def is_met(
    asked: Configuration,
    float_accuracy: float,
    allocation: AllocationResult,
    network: NetworkResult,
) -> bool:
    """Whether the integer network holds the budgets on the test split.

    The search, which sees the validation split alone, has to have held all of them as well.
    """
    drop = float_accuracy - network.golden_accuracy
    size = asked.size_budget
    return (
        allocation.met
        and (size is None or network.size_ratio <= size + SLACK)
        and drop <= asked.accuracy_drop + SLACK
    )


def seed_table(
    float_accuracy: float,
    allocations: Sequence[AllocationResult],
    networks: Sequence[NetworkResult],
    met: Sequence[bool],
    int8_accuracy: Mapping[int, float] | None = None,
) -> Table:
    """One row per seed: the accuracies on the test split, size, mean bits, budgets met or not."""
    rows = tuple(
        (
            f"seed {allocation.seed}",
            percent(float_accuracy, 2),
            percent(int8_accuracy[allocation.seed], 2) if int8_accuracy else "not run",
            percent(allocation.final.test_accuracy, 2),
            percent(network.golden_accuracy, 2),
            percent(float_accuracy - network.golden_accuracy, 2),
            percent(network.size_ratio),
            f"{network.mean_bits:.2f}",
            "yes" if good else "no",
        )
        for allocation, network, good in zip(allocations, networks, met, strict=True)
    )
    headers = (
        "",
        "float",
        "INT8",
        "allocated",
        "integers",
        "drop",
        "size",
        "bits",
        "met",
    )
    return Table(headers=headers, rows=rows)
