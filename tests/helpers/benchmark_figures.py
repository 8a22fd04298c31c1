"""Figures of a benchmark that never took place: made up to be drawn and judged."""

import numpy as np

from sigmaquant import methods
from sigmaquant.resnet20_figures import bars, headlines
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, UNTRAINED
from sigmaquant.resnet20_record import Figures, PointFigure, Search
from sigmaquant.results import Accuracy
from sigmaquant.steps.sensitivity import rank

FLOAT = 0.917
LAYERS = tuple(f"layer{number}" for number in range(20))
# Accuracy lost at a budget of 3.2 bits, by method; half as much again at every step down.
LOST = {
    "sigmaquant": 0.002,
    "published": 0.006,
    "layer_mse": 0.004,
    "hessian": 0.005,
    "entropy": 0.008,
    "random": 0.02,
    "modelopt": 0.003,
}
UNIFORM_LOST = {2: 0.04, 3: 0.008, 4: 0.002, 6: 0.0, 8: -0.001}


def point(
    lost: float, bits: float, *, budget: float | None = None, seeds: int = 1, epochs: float = 1.0
) -> PointFigure:
    accuracies = [FLOAT - lost + 0.001 * (seed - (seeds - 1) / 2) for seed in range(seeds)]
    return PointFigure(
        budget_bits=budget,
        mean_bits=bits,
        size_ratio=bits / 8,
        seeds=list(range(1, seeds + 1)),
        accuracy=accuracies,
        drop=lost,
        drop_deviation=0.001 if seeds > 1 else None,
        qat_epochs=epochs,
        cpu_minutes=5.0,
        bits={layer: 2 + index % 4 for index, layer in enumerate(LAYERS)},
        golden_accuracy=[accuracy - 0.0004 for accuracy in accuracies] if seeds > 1 else [],
        code_difference=1 if seeds > 1 else None,
    )


def stage(worse: float, names: tuple[str, ...]) -> dict[str, list[PointFigure]]:
    found = {
        name: [
            point(worse * LOST[name] * 1.5**step, target.mean_bits - 0.01, budget=target.mean_bits)
            for step, target in enumerate(PLAN.targets)
        ]
        for name in names
    }
    found[methods.UNIFORM] = [point(worse * lost, bits) for bits, lost in UNIFORM_LOST.items()]
    return found


def made_up() -> Figures:
    rng = np.random.default_rng(1)
    losses = dict(zip(LAYERS, rng.uniform(0, 0.05, len(LAYERS)).tolist(), strict=True))
    noise = dict(zip(LAYERS, rng.uniform(0, 1, len(LAYERS)).tolist(), strict=True))
    main = [
        point(
            LOST["sigmaquant"] * 1.4**step,
            target.mean_bits - 0.01,
            budget=target.mean_bits,
            seeds=3,
            epochs=4.3,
        )
        for step, target in enumerate(PLAN.targets)
    ]
    points = {
        MAIN: {methods.SIGMAQUANT: main},
        COMPARISON: stage(2, PLAN.stage(COMPARISON).methods),
        UNTRAINED: stage(10, PLAN.stage(UNTRAINED).methods),
    }
    return Figures(
        float=Accuracy(validation=0.99, test=FLOAT),
        images={"train": 45_000, "validation": 5_000, "test": 10_000},
        points=points,
        left_out=[],
        search=Search(qat_epochs=2.3, cpu_minutes=21.0),
        headlines=headlines({name: points[name] for name in (COMPARISON, UNTRAINED)}),
        layer_losses=losses,
        sensitivity=[
            rank("output_kl", {name: loss**2 for name, loss in losses.items()}, losses),
            rank("entropy", {name: -loss for name, loss in losses.items()}, losses),
            rank("raw_sigma", noise, losses),
            rank("folded_sigma", {name: -loss for name, loss in losses.items()}, losses),
        ],
        sensitivity_images=512,
        bars=bars(PLAN, main),
        cpu_minutes=1234.0,
    )
