"""A uniform rival: every layer at one width, fine-tuned as an allocation is."""

from dataclasses import asdict
from functools import partial

from sigmaquant.config import Configuration
from sigmaquant.results import UniformPoint
from sigmaquant.step import Context, Step
from sigmaquant.steps.allocate import settings

WIDTHS = (8, 6, 4, 2)
SOURCES = ("quant", "sigmaquant.steps.allocate", "sigmaquant.steps.uniform")
DISTRIBUTIONS = ("torch", "numpy", "scikit-learn", "safetensors")


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
        inputs={"network": configuration.network, "bits": bits, "seed": seed},
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _compute(configuration: Configuration, bits: int, seed: int, context: Context) -> UniformPoint:
    # Torch takes seconds to import: only where the step really runs.
    from quant.allocator import uniform
    from quant.data import digits
    from quant.networks.digits import load_pretrained

    point = uniform(
        load_pretrained(),
        digits.load(),
        bits,
        settings(configuration),
        folder=context.folder / "evaluations",
        seed=seed,
        progress=context.progress,
    )
    return UniformPoint.model_validate(asdict(point))
