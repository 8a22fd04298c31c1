"""The fixed plan of the benchmark on ResNet-20 and CIFAR-10: what is run, and what it must reach.

Nothing here depends on a result. Sizes are mean bits over all weights, of 8 at INT8.
"""

from dataclasses import dataclass

from sigmaquant import methods

MAX_BITS = 8
# Of the allocator's settings; that package takes seconds to import.
PROOF_STEPS = 200
MAIN, COMPARISON, UNTRAINED = "main", "comparison", "untrained"


@dataclass(frozen=True)
class Target:
    """One size: budget in mean bits, and the test accuracy that may be lost against float there."""

    mean_bits: float
    accuracy_drop: float

    @property
    def size_ratio(self) -> float:
        """The budget as a share of INT8."""
        return self.mean_bits / MAX_BITS

    @property
    def label(self) -> str:
        """The budget as text, such as `2.25 bits`."""
        return f"{self.mean_bits:g} bits"


@dataclass(frozen=True)
class Stage:
    """A comparison at one schedule: every method at its targets, and uniform widths beside.

    sizes: mean bits of its targets. search_steps: training of every allocation from the float
    network. epochs: of the last fine-tuning. search_rounds: exchanges of SigmaQuant's search, None
    for the allocator's number. once, once_at: methods and sizes that the first seed has to do for.
    """

    name: str
    methods: tuple[str, ...]
    sizes: tuple[float, ...]
    uniform: tuple[int, ...]
    seeds: tuple[int, ...]
    search_steps: int
    epochs: float
    search_rounds: int | None = None
    once: tuple[str, ...] = ()
    once_at: tuple[float, ...] = ()

    def seeds_of(self, method: str, mean_bits: float | None) -> tuple[int, ...]:
        """The seeds that `method` is run with within a budget, or without one."""
        single = method in self.once or mean_bits in self.once_at
        return self.seeds[:1] if single else self.seeds


@dataclass(frozen=True)
class Plan:
    """A benchmark of one network; the first target is the largest.

    golden_slack: accuracy by which the integer network may differ from the fake-quantized one on
    the whole test split; code_slack: codes by which a layer of it may, given the same input, on
    `code_images` images. sensitive_bits: width at which single layers are measured. search_epochs,
    search_minutes: training and processor time that finding the bits may take. uniform_gain,
    uniform_share: what some size has to gain in accuracy over uniform bits of equal size, and the
    share that it has to be of the size of equally accurate uniform bits; the paper's headlines.
    """

    network: str
    widths: tuple[int, ...]
    targets: tuple[Target, ...]
    stages: tuple[Stage, ...]
    golden_slack: float
    code_slack: int
    code_images: int
    sensitive_bits: int
    search_epochs: float
    search_minutes: float
    uniform_gain: float
    uniform_share: float

    def stage(self, name: str) -> Stage:
        """The stage called `name`."""
        return next(stage for stage in self.stages if stage.name == name)

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method that chooses bits in some stage, each once."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in stage.methods))


_GIVEN = ("layer_mse", "hessian", methods.MODELOPT, "entropy", "random")
_UNIFORM = (2, 3, 4, 6, 8)
_SIZES = (3.2, 2.5, 2.25)

PLAN = Plan(
    network="resnet20",
    widths=(2, 3, 4, 5, 6, 7, 8),
    targets=(
        Target(mean_bits=3.2, accuracy_drop=0.003),
        Target(mean_bits=2.5, accuracy_drop=0.008),
        Target(mean_bits=2.25, accuracy_drop=0.012),
    ),
    stages=(
        Stage(
            name=MAIN,
            methods=(methods.SIGMAQUANT,),
            sizes=_SIZES,
            uniform=(),
            seeds=(1, 2, 3),
            once_at=_SIZES[1:],
            search_steps=100,
            epochs=4.0,
        ),
        Stage(
            name=COMPARISON,
            methods=(methods.SIGMAQUANT, methods.PUBLISHED, *_GIVEN),
            sizes=_SIZES,
            uniform=_UNIFORM,
            seeds=(1, 2, 3),
            # Uniform widths lie far apart, entropy and chance far behind, and the published search
            # trains in every round. At the largest size all are close to the float network.
            once=(methods.PUBLISHED, methods.UNIFORM, "entropy", "random"),
            once_at=_SIZES[:1],
            search_steps=100,
            epochs=0.5,
        ),
        Stage(
            name=UNTRAINED,
            methods=(methods.SIGMAQUANT, *_GIVEN),
            sizes=_SIZES,
            uniform=_UNIFORM,
            seeds=(1,),
            search_steps=0,
            search_rounds=0,
            epochs=0.0,
        ),
    ),
    golden_slack=0.001,
    code_slack=1,
    code_images=64,
    sensitive_bits=2,
    search_epochs=3.0,
    search_minutes=60.0,
    uniform_gain=0.02,
    uniform_share=0.60,
)
