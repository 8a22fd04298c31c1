"""The ways to choose bits that are compared: their names, what they are called, their training."""

from importlib import util

from sigmaquant.errors import ConfigurationError

SIGMAQUANT, PUBLISHED, UNIFORM, MODELOPT = "sigmaquant", "published", "uniform", "modelopt"
MODELOPT_DISTRIBUTIONS = ("nvidia-modelopt",)
# Those of `quant.allocator.METHODS`; that package takes seconds to import.
RIVALS = ("entropy", "fisher", "hessian", "layer_mse", "output_kl", "weight_kl", "random", MODELOPT)
METHODS = (SIGMAQUANT, PUBLISHED, UNIFORM, *RIVALS)
# The published search with about the training of ours: its own schedule takes up to 92 epochs.
PUBLISHED_SCHEDULE = {
    "cluster_rounds": 3,
    "cluster_epochs": 0.25,
    "refine_rounds": 6,
    "refine_epochs": 0.25,
}
_LABELS = {
    SIGMAQUANT: "SigmaQuant",
    PUBLISHED: "published search",
    "layer_mse": "layer error",
    "hessian": "Hessian trace",
    "fisher": "Fisher information",
    "output_kl": "output KL",
    "weight_kl": "weight KL",
}


def uniform(bits: int) -> str:
    """The method that gives every layer `bits`, such as `uniform:4`."""
    return f"{UNIFORM}:{bits}"


def family(method: str) -> str:
    """The method without its width: `uniform` for `uniform:4`."""
    return method.partition(":")[0]


def width(method: str) -> int | None:
    """The bits of a uniform method, None for one that chooses them."""
    bits = method.partition(":")[2]
    return int(bits) if bits else None


def label(method: str) -> str:
    """The method's name as people read it."""
    bits = width(method)
    return f"uniform {bits} bits" if bits else _LABELS.get(method, method)


def check(names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`; raises ValueError where one is no method or is given twice."""
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise ValueError(f"no method {unknown[0]!r}; choose from {', '.join(METHODS)}")
    if len(set(names)) != len(names):
        raise ValueError("each method may be given once")
    return names


def is_available(method: str) -> bool:
    """Whether the package behind a method is installed; modelopt alone is optional."""
    return method != MODELOPT or util.find_spec("modelopt") is not None


def left_out(names: tuple[str, ...]) -> list[str]:
    """Those of `names` whose package is missing."""
    return [name for name in names if not is_available(name)]


def check_budget(method: str, unit: str) -> None:
    """Raises ConfigurationError where a method knows no budget in `unit`."""
    if method == MODELOPT and unit != "size_ratio":
        raise ConfigurationError(
            f"--methods: modelopt knows no budget but the size of weights, not {unit}; leave it out"
        )
