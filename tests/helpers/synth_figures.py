"""Made-up figures of the comparison of arrays, in the shape of its plan."""

from hw.config import preset
from sigmaquant.energy_results import EnergyResult, LayerEnergy, NetworkEnergy
from sigmaquant.latency_results import EngineLatency, LatencyResult, MemoryUse
from sigmaquant.results import DesignArea, Liberty
from sigmaquant.synth_benchmark.figures import Measured, figures
from sigmaquant.synth_benchmark.plan import BEST_INT8, BRICKS, OURS, PLAIN_INT8, PLAN
from sigmaquant.synth_benchmark.record import Figures

MEMORIES = ("activations", "weights", "parameters", "program")
LIBRARY = "made45"
PERIOD_NS = 2.0
# Area of each array, and energy at 8 bits; narrower weights take as much less as `_share` says.
AREAS = {OURS: 131_945.0, BEST_INT8[0]: 124_625.0, PLAIN_INT8: 260_264.0, BRICKS: 192_739.0}
ENERGIES = {OURS: 400.0, BEST_INT8[0]: 670.0, PLAIN_INT8: 1000.0}
NETWORK = "resnet20 at 2.5 bits"
_MACS = {"2": 1_000_000, "4": 3_000_000}


def made_up() -> Figures:
    """One library, every array of the plan, one network."""
    return figures(PLAN, {LIBRARY: measured()}, band=(1.0, 2.4), minutes=42.0)


def measured(**changes: object) -> Measured:
    """What steps would have found."""
    names = (*PLAN.arrays, *PLAN.macs)
    timed = (OURS, *BEST_INT8)
    values = {
        "areas": {name: area(name) for name in names},
        "energies": {name: energy(name) for name in names},
        "latencies": {NETWORK: {name: latency(name) for name in timed}},
        "networks": {NETWORK: {name: network(name) for name in timed}},
        "memories": True,
        "curve": [area(name, period_ns=each) for name in PLAN.curve for each in (1.5, 3.0)],
    }
    return Measured(**(values | changes))  # pyright: ignore[reportArgumentType]


def area(name: str, period_ns: float = PERIOD_NS) -> DesignArea:
    """The bricks miss the clock."""
    config, um2 = preset(name), AREAS.get(name, 150_000.0)
    return DesignArea(
        preset=name,
        unit=config.unit,
        configuration={**config.to_dict()},
        cells=50_000,
        area_um2=um2,
        sequential_area_um2=0.25 * um2,
        nand2_equivalents=um2 / 0.8,
        critical_path_ns=2.1 if name == BRICKS else 1.9,
        period_ns=period_ns,
        per_mac_cycle_um2={str(bits): um2 / config.macs_per_cycle(bits) for bits in PLAN.widths},
        rtlil_sha256="0" * 64,
        netlist_sha256="1" * 64,
        liberty=Liberty(name=LIBRARY, sha256="2" * 64),
        versions={},
    )


def energy(name: str) -> EnergyResult:
    """Energy falls with the width, by less where the rate stays."""
    fj = {str(bits): ENERGIES.get(name, 800.0) * _share(name, bits) for bits in PLAN.widths}
    config = preset(name)
    return EnergyResult(
        preset=name,
        voltage=1.1,
        leakage_nw=2.0e6,
        fj_per_mac=fj,
        fj_per_mac_error={width: 0.02 * each for width, each in fj.items()},
        settled_fj_per_mac={width: 0.8 * each for width, each in fj.items()},
        cycles_per_mac={width: 1 / config.macs_per_cycle(int(width)) for width in fj},
        netlist_sha256="1" * 64,
        method="Made up.",
        versions={},
    )


def _share(name: str, bits: int) -> float:
    return bits / 8 if name == OURS else (bits + 8) / 16


def latency(name: str) -> LatencyResult:
    """INT8 arrays take four thirds of the cycles."""
    cycles = 9_000 if name == OURS else 12_000
    return LatencyResult(
        preset=name,
        network="resnet20-2.50bit-seed1",
        macs=_MACS,
        steps=cycles - 500,
        cycles=cycles - 100,
        engine=EngineLatency(
            cycles=cycles,
            steps=cycles - 500,
            utilization=0.95,
            memories=[_memory(each, 250.0 if name == OURS else 500.0) for each in MEMORIES],
        ),
    )


def _memory(name: str, energy_nj: float) -> MemoryUse:
    return MemoryUse(
        name=name,
        count=1,
        words=256,
        word_bits=64,
        reads=1000,
        word_writes=100,
        slice_writes=0,
        energy_nj=energy_nj,
        area_um2=50_000.0,
        leakage_nw=1.0e6,
    )


def network(name: str) -> NetworkEnergy:
    """One layer that stands for all."""
    fj = 200.0 if name == OURS else 400.0
    layer = LayerEnergy(
        name="conv", bits=4, macs=sum(_MACS.values()), tiles=4, window_macs=1000, window_cycles=10,
        fj_per_mac=fj, fj_per_mac_error=4.0, internal_fj_per_mac=0.5 * fj,
        load_fj_per_mac=0.3 * fj, clock_fj_per_mac=0.2 * fj, settled_fj_per_mac=0.8 * fj,
    )  # fmt: skip
    return NetworkEnergy(
        preset=name,
        network="resnet20-2.50bit-seed1",
        energy_nj=fj * layer.macs / 1e6,
        fj_per_mac=fj,
        fj_per_mac_error=4.0,
        settled_fj_per_mac=0.8 * fj,
        clock_fj_per_cycle=20_000.0,
        leakage_nw=2.0e6,
        layers=[layer],
        netlist_sha256="1" * 64,
    )
