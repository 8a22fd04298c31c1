"""A uniform rival: every layer at one width, fine-tuned as an allocation is."""

from dataclasses import asdict
from functools import partial

from sigmaquant import data_source, sources, store
from sigmaquant.config import Configuration
from sigmaquant.results import UniformPoint
from sigmaquant.step import Context, Step

WIDTHS = (8, 6, 4, 2)


def steps(configuration: Configuration) -> list[Step[UniformPoint]]:
    """INT8 for every seed, narrower widths for the first: one comparison each is enough."""
    first, *others = configuration.seeds
    return [_step(configuration, bits, first) for bits in WIDTHS] + [
        _step(configuration, 8, seed) for seed in others
    ]


def _step(configuration: Configuration, bits: int, seed: int) -> Step[UniformPoint]:
    return Step(
        name=f"uniform-{bits}bit-seed{seed}",
        title=f"Uniform {bits} bits, seed {seed}",
        result=UniformPoint,
        compute=partial(_compute, configuration, bits, seed),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "bits": bits,
            "seed": seed,
        },
        sources=(*sources.SOURCES, "sigmaquant.steps.uniform"),
        distributions=sources.DISTRIBUTIONS,
    )


def _compute(configuration: Configuration, bits: int, seed: int, context: Context) -> UniformPoint:
    # Torch takes seconds to import: only where the step really runs.
    from quant.allocator import uniform

    data = data_source.load(configuration)
    point = uniform(
        sources.load_network(configuration),
        data,
        bits,
        sources.settings(configuration, data),
        folder=store.evaluations(configuration.build),
        seed=seed,
        progress=context.progress,
    )
    return UniformPoint.model_validate(asdict(point) | {"bits": bits})
