"""Findings of a run that never took place: made-up data to draw, summarise and check."""

from typing import Any

import numpy as np
import pytest

from sigmaquant.config import Configuration
from sigmaquant.engine_results import (
    EngineLayer,
    EngineNetwork,
    ModelledLayer,
    ModelledNetwork,
    SimulationResult,
)
from sigmaquant.findings import Findings, Provenance
from sigmaquant.provenance import json_sha256
from sigmaquant.results import (
    Accuracy,
    AllocatedLayer,
    AllocationResult,
    DesignArea,
    ExportedNetwork,
    Final,
    FloatResult,
    Liberty,
    NetworkResult,
    Round,
    SynthesisResult,
    UniformPoint,
    ZoneArea,
)
from sigmaquant.search_results import Cost, FrontierPoint, SearchCost

NAMES = (
    "stem",
    "block1.conv1",
    "block1.conv2",
    "block2.conv1",
    "block2.conv2",
    "block2.shortcut.0",
    "block3.conv1",
    "block3.conv2",
    "block3.shortcut.0",
    "classifier",
)
WEIGHTS = np.array([144, 2304, 2304, 4608, 9216, 512, 13824, 20736, 1536, 480])
POSITIONS = np.array([64, 64, 64, 16, 16, 16, 4, 4, 4, 1])


def layer_bits(rng: np.random.Generator) -> np.ndarray:
    return rng.choice([2, 4, 6, 8], size=len(NAMES), p=[0.35, 0.35, 0.15, 0.15])


def size_ratio(bits: np.ndarray) -> float:
    return float((bits * WEIGHTS).sum() / (8 * WEIGHTS.sum()))


def zones(size: float, accuracy: float) -> list[ZoneArea]:
    sides = [((0.0, size), (size, size + 0.05), (size + 0.05, 4.0))]
    heights = ((accuracy, 1.0), (accuracy - 0.02, accuracy), (0.0, accuracy - 0.02))
    names = (
        ("target", "iteration", "bit_decrease"),
        ("iteration", "iteration", "transition"),
        ("bit_increase", "transition", "abandon"),
    )
    return [
        ZoneArea(zone=names[row][column], size_ratio=side, accuracy=height)
        for row, height in enumerate(heights)
        for column, side in enumerate(sides[0])
    ]


def trajectory(rng: np.random.Generator, last: np.ndarray) -> list[Round]:
    widths = [np.full(len(NAMES), 8), layer_bits(rng), layer_bits(rng), layer_bits(rng), last]
    return [
        Round(
            phase=1 if number < 3 else 2,
            round=number,
            bits=dict(zip(NAMES, bits.tolist(), strict=True)),
            accuracy=float(0.99 - 0.06 * np.exp(-float(bits.mean()) / 2) - rng.uniform(0, 0.005)),
            size_ratio=size_ratio(bits),
            zone="iteration",
            action="lower block3.conv1 to 2",
            qat_epochs=1.0,
            seconds=float(rng.uniform(2, 6)),
        )
        for number, bits in enumerate(widths)
    ]


def allocation(seed: int) -> AllocationResult:
    rng = np.random.default_rng(seed)
    bits = layer_bits(rng)
    size = size_ratio(bits)
    return AllocationResult(
        seed=seed,
        settings={"size_ratio": 0.4, "accuracy_drop": 0.01},
        float_accuracy=Accuracy(validation=0.9926, test=0.9889),
        met=size <= 0.4,
        reason="both budgets hold" if size <= 0.4 else "too large",
        trajectory=trajectory(rng, bits),
        zones=zones(0.4, 0.982),
        layers=[
            AllocatedLayer(
                name=name,
                weights=int(WEIGHTS[index]),
                macs=int(WEIGHTS[index] * POSITIONS[index]),
                sigma=float(rng.uniform(0.04, 0.3)),
                weight_kl=float(rng.uniform(0.0, 2.0) ** 3),
                bits=int(bits[index]),
            )
            for index, name in enumerate(NAMES)
        ],
        costs=[
            Cost(
                name="weight size",
                unit="bytes",
                value=size * int(WEIGHTS.sum()),
                limit=0.4 * int(WEIGHTS.sum()),
            )
        ],
        frontier=[
            FrontierPoint(
                size_ratio=size,
                mean_bits=8 * size,
                drop=0.005,
                bits=dict(zip(NAMES, bits.tolist(), strict=True)),
            )
        ],
        search=SearchCost(qat_epochs=12.5, cpu_seconds=34.0),
        final=Final(
            validation_accuracy=0.985,
            test_accuracy=float(rng.uniform(0.98, 0.99)),
            size_ratio=size,
            mean_bits=8 * size,
        ),
        network=ExportedNetwork(
            seed=seed,
            mean_bits=8 * size,
            size_ratio=size,
            weight_bytes=int((bits * WEIGHTS).sum()) // 8,
            file_bytes=32_768,
            sha256=json_sha256(seed),
        ),
    )


def network(result: AllocationResult) -> NetworkResult:
    return NetworkResult(
        **result.network.model_dump(),
        test_images=450,
        golden_accuracy=result.final.test_accuracy - 0.0022,
        agreement=0.9978,
    )


def engine_layers(result: AllocationResult, *, beats: list[int]) -> list[dict[str, Any]]:
    """Operations on an engine that takes `beats` cycles for a group of lanes of each layer."""
    groups = POSITIONS * np.ceil(WEIGHTS / 512).astype(int)
    return [
        {
            "name": "block1.conv2 + block1.add" if layer.name == "block1.conv2" else layer.name,
            "kind": "convolution",
            "mapping": "dense",
            "bits": layer.bits,
            "macs": layer.macs,
            "cycles": int(count * beat) + 12,
            "cycles_model": int(count * beat) + 30,
            "utilization": 0.75,
            "bound": "fill",
            "counters": {
                "steps": int(count * beat),
                "blocked": 0,
                "activation_reads": int(3 * count),
                "activation_writes": int(count),
                "residual_reads": 5 if layer.name == "block1.conv2" else 0,
                "weight_reads": int(count * beat),
                "parameter_reads": int(count),
            },
        }
        for layer, count, beat in zip(result.layers, groups, beats, strict=True)
    ]


def engine_fields(layers: list[dict[str, Any]], engine: str) -> dict[str, Any]:
    return {
        "network": "digits",
        "engine": engine,
        "config": {},
        "activation_word_bytes": 32,
        "weight_word_bytes": 192,
        "macs": sum(layer["macs"] for layer in layers),
        "weights": int(WEIGHTS.sum()),
        "mean_bits": 3.0,
        "cycles_model": sum(layer["cycles"] for layer in layers) + 21,
        "utilization": 0.8,
        "utilization_overall": 0.7,
    }


def simulation(result: AllocationResult) -> SimulationResult:
    ours = engine_layers(result, beats=[layer.bits for layer in result.layers])
    rival = engine_layers(result, beats=[8] * len(NAMES))
    fields = engine_fields(ours, "edge")
    return SimulationResult(
        images=1,
        engine=EngineNetwork(
            **fields,
            cycles_simulated=fields["cycles_model"],
            bit_exact=True,
            layers=[EngineLayer(**layer, cycles_simulated=layer["cycles_model"]) for layer in ours],
        ),
        baseline=ModelledNetwork(
            **engine_fields(rival, "edge_int8_booth"),
            layers=[ModelledLayer(**layer) for layer in rival],
        ),
        simulator="verilator",
        versions={"verilator": "0.0"},
    )


def synthesis() -> SynthesisResult:
    serial = {str(bits): 40.0 * bits for bits in (2, 4, 6, 8)} | {"mix": 150.0}
    parallel = dict.fromkeys(serial, 300.0)
    array, baseline = (
        DesignArea(
            preset=preset,
            unit=unit,
            configuration={"unit": unit, "rows": 4, "columns": 4, "lanes": 16},
            cells=40_000,
            area_um2=256 * areas["8"],
            sequential_area_um2=64 * areas["8"],
            nand2_equivalents=256 * areas["8"] / 24,
            critical_path_ns=5.5,
            period_ns=6.0,
            per_mac_cycle_um2=areas,
            rtlil_sha256=json_sha256(unit),
            netlist_sha256=json_sha256(f"netlist of {unit}"),
            liberty=Liberty(name="made_up.lib", sha256=json_sha256("liberty")),
            versions={"pyosys": "0.0"},
        )
        for unit, preset, areas in (
            ("pair_sum", "edge", serial),
            ("int8_booth", "edge_int8_booth", parallel),
        )
    )
    return SynthesisResult(
        array=array, baseline=baseline, mix={"2": 0.2, "4": 0.45, "6": 0.25, "8": 0.1}
    )


def uniform(seeds: tuple[int, ...]) -> list[UniformPoint]:
    accuracy = {8: 0.989, 6: 0.988, 4: 0.984, 2: 0.93}
    return [
        UniformPoint(
            bits=bits,
            seed=seed,
            accuracy=Accuracy(validation=value, test=value - 0.002 * seed),
            size_ratio=bits / 8,
            qat_epochs=20,
        )
        for seed in seeds
        for bits, value in accuracy.items()
        if seed == seeds[0] or bits == 8
    ]


@pytest.fixture(scope="session")
def findings() -> Findings:
    configuration = Configuration()
    allocations = [allocation(seed) for seed in configuration.seeds]
    return Findings(
        configuration=configuration,
        pretrained=FloatResult(
            network="digits",
            accuracy=Accuracy(validation=0.9926, test=0.9889),
            checkpoint_sha256=json_sha256("checkpoint"),
            images={"train": 1078, "validation": 269, "test": 450},
        ),
        uniform=uniform(configuration.seeds),
        allocations=allocations,
        networks=[network(result) for result in allocations],
        simulation=simulation(allocations[0]),
        synthesis=synthesis(),
        provenance=Provenance(
            command="sigmaquant demo",
            versions={"python": "3.11"},
            sources={"quant": json_sha256("quant")},
            steps={"allocate-seed1": 12.5},
        ),
    )
