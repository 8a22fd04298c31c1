"""From the results of the plan's steps to the figures of its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hw.config import preset
from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.latency_results import LatencyResult
from sigmaquant.results import DesignArea
from sigmaquant.synth_benchmark.plan import LABELS, Plan
from sigmaquant.synth_benchmark.ratios import bars, ratios
from sigmaquant.synth_benchmark.record import (
    MIX,
    CurvePoint,
    DesignFigures,
    Figures,
    InferenceFigures,
    LibraryFigures,
    NetworkFigures,
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was run with one library; energies as far as the plan has them.

    energies: by array. latencies, networks: by network and array. memories: whether the library is
    of the node that memories have figures at. curve: arrays at other clocks.
    """

    areas: Mapping[str, DesignArea]
    energies: Mapping[str, EnergyResult]
    latencies: Mapping[str, Mapping[str, LatencyResult]]
    networks: Mapping[str, Mapping[str, NetworkEnergy]]
    memories: bool
    curve: Sequence[DesignArea] = ()


def figures(
    plan: Plan, measured: Mapping[str, Measured], band: tuple[float, float], minutes: float
) -> Figures:
    """All figures of the record; the first library is the one that demands are made with."""
    main = next(iter(measured.values()))
    libraries = {name: library(plan, each) for name, each in measured.items()}
    networks = {
        name: NetworkFigures(network=result.network, macs=result.macs)
        for name, arrays in main.latencies.items()
        for result in [next(iter(arrays.values()))]
    }
    found = next(iter(libraries.values())).ratios
    method = next(iter(main.energies.values())).method
    return Figures(
        libraries=libraries,
        networks=networks,
        mix={str(bits): share for bits, share in plan.mix.items()},
        layers=list(plan.layers),
        bars=bars(plan, found, [name for name in networks if name in plan.allocated]),
        memory_band=band,
        method=method,
        minutes=minutes,
    )


def library(plan: Plan, measured: Measured) -> LibraryFigures:
    """All figures of one library."""
    designs = {
        name: design(plan, area, measured.energies.get(name))
        for name, area in measured.areas.items()
    }
    inference = {
        network: {
            array: image(
                designs[array],
                latency,
                measured.networks.get(network, {}).get(array),
                memories=measured.memories,
            )
            for array, latency in arrays.items()
        }
        for network, arrays in measured.latencies.items()
    }
    first = next(iter(measured.areas.values()))
    return LibraryFigures(
        sha256=first.liberty.sha256,
        voltage=next(iter(measured.energies.values())).voltage,
        asked_period_ns=first.period_ns,
        designs=designs,
        inference=inference,
        ratios=ratios(designs, inference),
        curve=_curve(plan, measured),
    )


def _curve(plan: Plan, measured: Measured) -> list[CurvePoint]:
    """The arrays of the curve at the common clock and the others, fastest clock first."""
    if not measured.curve:
        return []
    points = [*measured.curve, *(measured.areas[name] for name in plan.curve)]
    return [
        CurvePoint(
            design=LABELS[each.preset],
            period_ns=each.period_ns,
            critical_path_ns=each.critical_path_ns,
            area_um2=each.area_um2,
        )
        for name in plan.curve
        for each in sorted(points, key=lambda point: point.period_ns)
        if each.preset == name
    ]


def design(plan: Plan, area: DesignArea, energy: EnergyResult | None) -> DesignFigures:
    """Area and energies of one array, at the mix too.

    Area is over the peak rate, or over the rate as measured where zero bits are skipped: a mix of
    widths takes the sum of their times, so that its area is the mean of theirs.
    """
    per_mac_cycle = area.per_mac_cycle_um2
    if energy and preset(area.preset).datapath.skips:
        per_mac_cycle = {
            width: area.area_um2 * cycles for width, cycles in energy.cycles_per_mac.items()
        }
    return DesignFigures(
        unit=area.unit,
        configuration=area.configuration,
        area_um2=area.area_um2,
        sequential_area_um2=area.sequential_area_um2,
        nand2_equivalents=area.nand2_equivalents,
        cells=area.cells,
        critical_path_ns=area.critical_path_ns,
        period_ns=max(area.period_ns, area.critical_path_ns),
        area_per_mac_cycle=_with_mix(plan, per_mac_cycle),
        energy_fj_per_mac=_with_mix(plan, energy.fj_per_mac) if energy else {},
        settled_fj_per_mac=_with_mix(plan, energy.settled_fj_per_mac) if energy else {},
        energy_error_fj_per_mac=energy.fj_per_mac_error if energy else {},
        cycles_per_mac=energy.cycles_per_mac if energy else {},
        leakage_nw=energy.leakage_nw if energy else None,
        netlist_sha256=area.netlist_sha256,
    )


def image(
    array: DesignFigures, latency: LatencyResult, energy: NetworkEnergy | None, *, memories: bool
) -> InferenceFigures:
    """One image: time from the cycle model, energy of the array's steps and of its waiting."""
    engine = latency.engine
    cycles = latency.cycles if engine.cycles is None else engine.cycles
    steps = latency.steps if engine.steps is None else engine.steps
    time_us = cycles * array.period_ns / 1000
    found = InferenceFigures(
        engine=engine.cycles is not None,
        cycles=cycles,
        steps=steps,
        time_us=time_us,
        area_time_um2_us=array.area_um2 * time_us,
    )
    if memories and engine.memories:
        found = found.model_copy(update=_memories(latency, time_us))
    if energy is None:
        return found
    idle = (cycles - steps) * energy.clock_fj_per_cycle / 1e6
    leakage = energy.leakage_nw * time_us / 1e6
    whole = energy.energy_nj + idle + leakage
    return found.model_copy(
        update={
            "active_nj": energy.energy_nj,
            "active_error_nj": energy.fj_per_mac_error * latency.all_macs / 1e6,
            "idle_nj": idle,
            "leakage_nj": leakage,
            "array_nj": whole,
            "energy_delay_nj_us": whole * time_us,
        }
    )


def _memories(latency: LatencyResult, time_us: float) -> dict[str, object]:
    memories = latency.engine.memories
    return {
        "memory_nj": {memory.name: memory.energy_nj for memory in memories},
        "memory_leakage_nj": sum(memory.leakage_nw for memory in memories) * time_us / 1e6,
        "memory_area_um2": sum(memory.area_um2 for memory in memories),
    }


def _with_mix(plan: Plan, by_width: Mapping[str, float]) -> dict[str, float]:
    mean = sum(share * by_width[str(bits)] for bits, share in plan.mix.items())
    return {**by_width, MIX: mean}
