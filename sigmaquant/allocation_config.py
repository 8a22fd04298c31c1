"""What is to be allocated: a network and its data, the budgets, and how bits may be spread."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from sigmaquant import words

DIGITS, CIFAR10, ARRAYS = "digits", "cifar10", "arrays"
NAMED = (DIGITS, "resnet20")  # networks that come with the tool
SIZE_RATIO = 0.40  # the budget where none is given
Bits = Annotated[int, Field(ge=2, le=8)]
Ties: TypeAlias = tuple[tuple[str, ...], ...] | Literal["coupled"]


class LayerSettings(BaseModel):
    """What one layer is held to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bits: Bits


class TrainingSettings(BaseModel):
    """Settings of quantization-aware training (`quant.qat.QatSettings`); None is the data's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: int | None = None
    rate: float | None = None
    step_rate: float | None = None
    distillation: float | None = None
    temperature: float | None = None
    calibration: int | None = None
    threads: int | None = None
    precision: str | None = None
    activations: bool | None = None

    def given(self) -> dict[str, int | float | str | bool]:
        """What was set, by name."""
        return self.model_dump(exclude_none=True)


class AllocationConfiguration(BaseModel):
    """What an allocation is asked for. Every field is a flag (`size_ratio` is `--size-ratio`).

    Paths are relative to the folder the command runs in. Ratios are fractions, not percent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = Field(
        default=DIGITS,
        min_length=1,
        description="digits, resnet20, file.py:Name for a torch module of yours that takes no "
        "arguments, or file.pt2 for a torch.export",
    )
    weights: Path | None = Field(
        default=None, description="trained weights of the network (digits brings its own)"
    )
    data: str | None = Field(
        default=None,
        description="digits, cifar10:FOLDER with the python version of CIFAR-10, or "
        "arrays:FILE.npz with train_, validation_ and test_images and _labels "
        "(default: digits for digits)",
    )
    size_ratio: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="weight size budget, as a fraction of the INT8 network; 1 is no budget "
        f"(default: {SIZE_RATIO} where no other cost has a budget, else none)",
    )
    weight_bytes: int | None = Field(
        default=None, gt=0, description="weight size budget in bytes (default: none)"
    )
    bops: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="budget in bit operations of one image: weight bits x activation bits x MACs "
        "(default: none)",
    )
    cycles: int | None = Field(
        default=None,
        gt=0,
        description="budget in cycles of one image on the engine of --array, by the exact cycle "
        "model (default: none)",
    )
    energy_nj: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="budget in nanojoules of one image's MACs, by --cost-table (default: none)",
    )
    cost_table: Path | None = Field(
        default=None, description="JSON with the energy of one MAC at each width, for --energy-nj"
    )
    accuracy_drop: float = Field(
        default=0.01,
        ge=0,
        lt=1,
        description="accuracy that may be lost against float, as a fraction",
    )
    activation_bits: int = Field(
        default=8, ge=4, le=8, description="bits of all activations but the network's input, 4 to 8"
    )
    mode: Literal["measured", "published"] = Field(
        default="measured",
        description="search: measured (sensitivities, an integer program, exchanges) or published "
        "(sigma clusters, KL refinement)",
    )
    widths: Annotated[tuple[Bits, ...], BeforeValidator(words.split)] = Field(
        default=(2, 4, 6, 8), min_length=1, description="weight bits to choose from, rising"
    )
    layers: Annotated[dict[str, LayerSettings], BeforeValidator(words.pins)] = Field(
        default_factory=dict,
        description="bits of single layers, as conv1=8,linear=8; in a file layers.conv1.bits = 8",
    )
    tied: Annotated[Ties, BeforeValidator(words.groups)] = Field(
        default=(),
        description="layers that share their bits, as a+b,c+d; coupled ties those that meet in an "
        "addition",
    )
    search_steps: int | None = Field(
        default=None, ge=0, description="training steps of every allocation that the search tries"
    )
    epochs: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="epochs of fine-tuning of the allocation that is kept (default: by the data)",
    )
    qat: Annotated[TrainingSettings, BeforeValidator(words.table)] = Field(
        default=TrainingSettings(),
        description="training settings, as rate=0.001,batch=128; in a file the table [qat] "
        "(default: by the data)",
    )

    @field_validator("network")
    @classmethod
    def _is_known(cls, network: str) -> str:
        path, _, name = network.rpartition(":")
        if network in NAMED or network.endswith(".pt2") or (path.endswith(".py") and name):
            return network
        raise ValueError(f"must be {', '.join(NAMED)}, file.py:Name or file.pt2")

    @field_validator("data")
    @classmethod
    def _is_data(cls, data: str | None) -> str | None:
        kind, _, path = (data or DIGITS).partition(":")
        if data in (None, DIGITS) or (kind in (CIFAR10, ARRAYS) and path):
            return data
        raise ValueError("must be digits, cifar10:FOLDER or arrays:FILE.npz")

    @field_validator("widths")
    @classmethod
    def _rise(cls, widths: tuple[int, ...]) -> tuple[int, ...]:
        if list(widths) != sorted(set(widths)):
            raise ValueError("must rise without repeats")
        return widths

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.data is None and self.network != DIGITS:
            raise ValueError(
                f"network {self.network!r} needs data: give --data cifar10:FOLDER or "
                "arrays:FILE.npz"
            )
        if self.energy_nj is not None and self.cost_table is None:
            raise ValueError(
                "a budget in energy needs the energy of one MAC at each width: give --cost-table"
            )
        return self

    @property
    def pins(self) -> dict[str, int]:
        """The layers that are held to their bits."""
        return {name: layer.bits for name, layer in self.layers.items()}

    @property
    def all_widths(self) -> tuple[int, ...]:
        """Widths that some layer may have, rising."""
        return tuple(sorted({*self.widths, *self.pins.values()}))

    @property
    def size_budget(self) -> float | None:
        """Weight size allowed, as a fraction of INT8; None where other costs have the budgets."""
        others = (self.weight_bytes, self.bops, self.cycles, self.energy_nj)
        if self.size_ratio is None and all(other is None for other in others):
            return SIZE_RATIO
        return self.size_ratio
