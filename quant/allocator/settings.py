"""What an allocation is asked for, and how the search goes about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from quant.errors import SettingsError
from quant.fake_quantize.activations import check_activation_bits
from quant.integer_network import MAX_BITS, MIN_BITS
from quant.qat import QatSettings
from quant.sensitivity import METRICS

_FROM_ONE = ("cluster_rounds", "refine_layers", "patience", "sensitivity_images")
_FROM_ZERO = ("refine_rounds", "search_steps", "search_rounds", "proof_steps")
_EPOCHS = ("cluster_epochs", "refine_epochs", "final_epochs")


@dataclass(frozen=True, kw_only=True)
class AllocatorSettings:
    """Budgets, buffers and schedule of the two phases; fractions are 0..1, not percent.

    accuracy_drop: largest loss of validation accuracy against the float network. size: largest
    weight size as a share of uniform 8 bits; 1 sets no limit. accuracy_buffer and size_buffer
    (dA, dM): how far beyond its budget a figure still counts as near. widths: candidate bits.
    pins: fixed bits by layer. tied: groups of layers that share their bits. activation_bits: of all
    tensors but the network's input.

    mode "published": phase 1 clusters by sigma, `cluster_rounds` rounds of `cluster_epochs` epochs,
    with weight `balance` on equal clusters, rising by `balance_step` after a failed round. Phase 2:
    at most `refine_rounds` rounds of `refine_epochs` epochs, moving `refine_layers` layers each;
    after `patience` rounds without a gain it returns to the best allocation, and the second time
    it stops.

    mode "measured", ours: phase 1 compares the best allocations by each of `metrics` and by their
    sum, phase 2 exchanges bits between layers for at most `search_rounds` rounds. Every allocation
    is trained for `search_steps` steps from the float network, the two best then for `proof_steps`
    more (none where `search_steps` is 0). Sensitivity is measured on `sensitivity_images` training
    images.

    `final_epochs` fine-tune the allocation kept, in both modes.

    The published schedule's numbers are the paper's where it gives them. Ours: both buffers, the
    epochs of phase 2, patience, the final fine-tuning, and the pair of default budgets, which joins
    the 1 % drop of the paper's default setting to the 40 % size of its hard one.
    """

    mode: Literal["measured", "published"] = "measured"
    accuracy_drop: float = 0.01
    size: float = 0.40
    accuracy_buffer: float = 0.02
    size_buffer: float = 0.05
    widths: tuple[int, ...] = (2, 4, 6, 8)
    pins: Mapping[str, int] = field(default_factory=dict)
    tied: tuple[tuple[str, ...], ...] = ()
    activation_bits: int = MAX_BITS
    balance: float = 0.1
    balance_step: float = 0.1
    cluster_rounds: int = 3
    cluster_epochs: float = 4
    refine_rounds: int = 40
    refine_epochs: float = 2
    refine_layers: int = 2
    patience: int = 4
    metrics: tuple[str, ...] = ("output_kl", "fisher", "weight_error")
    sensitivity_images: int = 512
    search_steps: int = 100
    search_rounds: int = 2
    proof_steps: int = 200
    final_epochs: float = 16
    qat: QatSettings = field(default_factory=QatSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        object.__setattr__(self, "tied", tuple(tuple(group) for group in self.tied))
        object.__setattr__(self, "metrics", tuple(self.metrics))
        object.__setattr__(self, "pins", dict(self.pins))
        if self.mode not in ("measured", "published"):
            raise SettingsError(f"mode must be measured or published, not {self.mode!r}")
        check_activation_bits("activation_bits", self.activation_bits)
        self._check_widths()
        self._check_budgets()
        self._check_metrics()
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name in ("accuracy_buffer", "size_buffer", "balance", "balance_step", *_EPOCHS):
            if not 0 <= getattr(self, name) < float("inf"):
                raise SettingsError(f"{name} must be 0 or more, not {getattr(self, name)}")
        for name in (*_FROM_ONE, *_FROM_ZERO):
            if type(getattr(self, name)) is not int:
                raise SettingsError(f"{name} must be an integer, not {getattr(self, name)!r}")
        for name in _FROM_ONE:
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be 1 or more, not {getattr(self, name)}")
        for name in _FROM_ZERO:
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} must be 0 or more, not {getattr(self, name)}")

    def _check_metrics(self) -> None:
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise SettingsError(
                f"metrics must be some of {', '.join(METRICS)}, not {unknown or 'none'}"
            )

    def _check_widths(self) -> None:
        widths = self.widths
        if any(type(width) is not int for width in widths):
            raise SettingsError(f"widths must be integers, not {widths}")
        if not widths or list(widths) != sorted(set(widths)):
            raise SettingsError(f"widths must rise without repeats, not {widths}")
        if widths[0] < MIN_BITS or widths[-1] > MAX_BITS:
            raise SettingsError(f"widths must lie in {MIN_BITS}..{MAX_BITS}, not {widths}")

    def _check_budgets(self) -> None:
        if not 0 <= self.accuracy_drop < 1:
            raise SettingsError(f"accuracy_drop must be in 0..1, not {self.accuracy_drop}")
        least = self.widths[0] / MAX_BITS
        if not least <= self.size <= 1:
            raise SettingsError(
                f"size {self.size} of INT8 is out of reach: with every layer at {self.widths[0]} "
                f"bits it is {least:g}, with every layer at {MAX_BITS} bits 1"
            )

    @property
    def steps_of_proof(self) -> int:
        """`proof_steps`, or 0 where nothing is trained before them."""
        return self.proof_steps if self.search_steps else 0

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self) | {
            "widths": list(self.widths),
            "tied": [list(group) for group in self.tied],
            "metrics": list(self.metrics),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "AllocatorSettings":
        """Return the settings that `to_json` wrote; SettingsError where it wrote others."""
        try:
            values: dict[str, Any] = {**record, "qat": QatSettings(**record["qat"])}
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise SettingsError(f"not the settings of an allocation: {error}") from error
