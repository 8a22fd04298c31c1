"""What an allocation is asked for, and how the search goes about it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from quant.errors import SettingsError
from quant.integer_network import MAX_BITS, MIN_BITS
from quant.qat import QatSettings

_FROM_ONE = ("cluster_rounds", "refine_layers", "patience")
_FROM_ZERO = ("cluster_epochs", "refine_rounds", "refine_epochs", "final_epochs")


@dataclass(frozen=True, kw_only=True)
class AllocatorSettings:
    """Budgets, buffers and schedule of the two phases; fractions are 0..1, not percent.

    accuracy_drop: largest loss of validation accuracy against the float network. size: largest
    weight size as a share of uniform 8 bits. accuracy_buffer and size_buffer (dA, dM): how far
    beyond its budget a figure still counts as near. widths: candidate bits.

    Phase 1: `cluster_rounds` rounds of `cluster_epochs` epochs, with weight `balance` on equal
    clusters, rising by `balance_step` after a failed round. Phase 2: at most `refine_rounds` rounds
    of `refine_epochs` epochs, moving `refine_layers` layers each; after `patience` rounds without a
    gain it returns to the best allocation, and the second time it stops. `final_epochs` fine-tune
    the allocation kept.

    The schedule's numbers are the paper's where it gives them. Ours: both buffers, the epochs of
    phase 2, patience, the final fine-tuning, and the pair of default budgets, which joins the
    1 % drop of the paper's default setting to the 40 % size of its hard one.
    """

    accuracy_drop: float = 0.01
    size: float = 0.40
    accuracy_buffer: float = 0.02
    size_buffer: float = 0.05
    widths: tuple[int, ...] = (2, 4, 6, 8)
    balance: float = 0.1
    balance_step: float = 0.1
    cluster_rounds: int = 3
    cluster_epochs: int = 4
    refine_rounds: int = 40
    refine_epochs: int = 2
    refine_layers: int = 2
    patience: int = 4
    final_epochs: int = 16
    qat: QatSettings = field(default_factory=QatSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        self._check_widths()
        self._check_budgets()
        for name in ("accuracy_buffer", "size_buffer", "balance", "balance_step"):
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

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return asdict(self) | {"widths": list(self.widths)}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "AllocatorSettings":
        """Return the settings that `to_json` wrote; SettingsError where it wrote others."""
        try:
            values: dict[str, Any] = {**record, "qat": QatSettings(**record["qat"])}
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise SettingsError(f"not the settings of an allocation: {error}") from error
