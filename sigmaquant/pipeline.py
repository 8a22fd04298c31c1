"""The steps of a whole run, put together from the configuration."""

from dataclasses import dataclass
from typing import Self

from sigmaquant.config import Configuration
from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.engine_results import EngineFit, SimulationResult
from sigmaquant.results import (
    AllocationResult,
    DesignArea,
    FloatResult,
    NetworkResult,
    UniformPoint,
)
from sigmaquant.step import Step
from sigmaquant.steps import (
    allocate,
    energy,
    engine,
    fit,
    golden,
    pretrained,
    rounded,
    simulate,
    synthesise,
    uniform,
)
from sigmaquant.steps.engine import CompiledEngine


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Every step of a run. Tuples are in the order of the configuration's seeds.

    Energies are those of the array and of the baseline; a demo has none of them.
    """

    pretrained: Step[FloatResult]
    uniform: tuple[Step[UniformPoint], ...]
    allocations: tuple[Step[AllocationResult], ...]
    goldens: tuple[Step[NetworkResult], ...]
    fits: tuple[Step[EngineFit], ...]
    compiled: Step[CompiledEngine]
    simulation: Step[SimulationResult]
    array: Step[DesignArea]
    baseline: Step[DesignArea]
    energies: tuple[Step[EnergyResult], Step[EnergyResult]]
    network_energies: tuple[Step[NetworkEnergy], Step[NetworkEnergy]]

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """The steps for `configuration`; the first seed's network is simulated and synthesised."""
        start = pretrained.step(configuration)
        allocations = tuple(allocate.step(configuration, seed) for seed in configuration.seeds)
        compiled = engine.compile_step(configuration.array, configuration.simulator)
        array = synthesise.step(configuration, configuration.array)
        baseline = synthesise.step(configuration, configuration.baseline)
        networks = rounded.step(configuration, energy.widths(configuration))
        return cls(
            pretrained=start,
            uniform=tuple(uniform.steps(configuration)),
            allocations=allocations,
            goldens=tuple(
                golden.step(configuration, each, seed)
                for each, seed in zip(allocations, configuration.seeds, strict=True)
            ),
            fits=tuple(
                fit.step(configuration, each, seed)
                for each, seed in zip(allocations, configuration.seeds, strict=True)
            ),
            compiled=compiled,
            simulation=simulate.step(configuration, allocations[0], compiled),
            array=array,
            baseline=baseline,
            energies=(
                energy.uniform_step(configuration, array, networks),
                energy.uniform_step(configuration, baseline, networks),
            ),
            network_energies=(
                energy.network_step(configuration, array, allocations[0]),
                energy.network_step(configuration, baseline, allocations[0]),
            ),
        )

    def in_order(self) -> tuple[Step, ...]:
        """The order of a demo: what a person wants to see first comes first."""
        return (
            self.pretrained,
            *self.allocations,
            self.compiled,
            self.array,
            self.baseline,
            *self.goldens,
            self.simulation,
            *self.uniform,
        )
