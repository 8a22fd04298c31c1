"""Quantization-aware training: short, seeded, resumable, with learned steps and a float teacher.

Runs on the CPU or on CUDA, wherever the model lives; random numbers are drawn on the CPU for both.
One run is reproducible bit for bit on one machine and device: it sets its own number of threads,
so that the process's own does not matter. The distillation from the float network is ours, not
the allocation's paper's.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import ceil, inf, prod
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant import training_state
from quant.augment import augment
from quant.calibrate import calibrate
from quant.checkpoint import check_finite
from quant.data import Splits
from quant.determinism import deterministic, generator
from quant.errors import DataError, QuantError, SettingsError, TrainingError
from quant.memory_format import channels_last
from quant.model import QuantizedModel
from quant.progress import Progress

# How often progress hears of a training, at most, and how often its state is written down.
_REPORTS = 50
_SAVE_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class QatSettings:
    """Adam with a cosine rate from `rate` to zero within each stage.

    step_rate: rate of the learned step sizes, relative to the step itself. distillation: share of
    the loss that follows the float network's softened outputs (Hinton et al., 2015) instead of the
    labels, with `temperature`. calibration: training images, the first ones, that BatchNorm
    statistics and activation ranges are estimated on. threads: CPU threads of the training, part
    of what it computes.

    precision: of the arithmetic in training; bfloat16 takes half the time where the processor has
    it, and everything is measured in float32. activations: whether they are fake-quantized in
    training too, which costs as much again as the network itself. Weights always are.
    """

    batch: int = 64
    rate: float = 4e-3
    step_rate: float = 3e-3
    distillation: float = 0.5
    temperature: float = 3.0
    calibration: int = 1024
    threads: int = 1
    precision: Literal["float32", "bfloat16"] = "float32"
    activations: bool = True

    def __post_init__(self) -> None:
        for name in ("batch", "threads", "calibration"):
            if type(getattr(self, name)) is not int:
                raise SettingsError(f"qat.{name} must be an integer, not {getattr(self, name)!r}")
        for name in ("batch", "rate", "step_rate", "temperature", "threads", "calibration"):
            if not 0 < getattr(self, name) < inf:
                raise SettingsError(f"qat.{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.distillation <= 1:
            raise SettingsError(f"qat.distillation must be in 0..1, not {self.distillation}")
        if self.precision not in ("float32", "bfloat16"):
            raise SettingsError(
                f"qat.precision must be float32 or bfloat16, not {self.precision!r}"
            )

    def autocast(self, device: torch.device) -> AbstractContextManager[object]:
        """Return the context in which networks run in training."""
        enabled = self.precision == "bfloat16"
        return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def train_quantized(
    model: QuantizedModel,
    teacher: nn.Module,
    data: Splits,
    settings: QatSettings,
    *,
    epochs: float,
    seed: int,
    label: str = "quantization-aware training",
    progress: Progress | None = None,
    resume: Path | None = None,
) -> float:
    """Calibrate `model`, train it for `epochs` epochs on the training part, calibrate it again.

    `teacher` is the float network, on the same device. The model ends in eval mode. A fraction of
    an epoch trains on that share of its batches, rounded up; epochs without a full batch on what
    there is. `progress` (label, steps done, steps in all) hears of it. At `resume` the state is
    kept between epochs: a training that was stopped goes on from there to the same weights, and
    the file is removed when it ends. Returns the processor seconds that had gone into it before it
    was stopped, 0 where it never was. Raises DataError for labels beyond the network's classes,
    TrainingError where a weight or tensor is no longer finite.
    """
    _check_labels(model, data)
    earlier = 0.0
    with deterministic(settings.threads):
        calibrate_on(model, data, settings)
        if epochs:
            run = _Training(model, teacher, data, settings, epochs, seed, resume)
            run.run(lambda done, total: progress and progress(label, done, total))
            earlier = run.earlier
            _calibrate_trained(model, data, settings, label)
    if resume is not None:
        resume.unlink(missing_ok=True)
    return earlier


def calibrate_on(model: QuantizedModel, data: Splits, settings: QatSettings) -> None:
    """Calibrate `model` on the first training images of `data`, as many as the settings say."""
    calibrate(model, data.train.images[: settings.calibration], augmentation=data.augmentation)


def _calibrate_trained(
    model: QuantizedModel, data: Splits, settings: QatSettings, label: str
) -> None:
    # The grids keep the loss finite whatever becomes of the weights; these and the ranges show it.
    try:
        check_finite(dict(model.named_parameters()), "after training")
        calibrate_on(model, data, settings)
    except QuantError as error:
        raise TrainingError(f"training diverged in {label}: lower qat.rate ({error})") from error


class _Training:
    """One training in progress: `done` steps of `steps`, in `seconds` of the processor."""

    def __init__(
        self,
        model: QuantizedModel,
        teacher: nn.Module,
        data: Splits,
        settings: QatSettings,
        epochs: float,
        seed: int,
        resume: Path | None,
    ) -> None:
        self.model, self.teacher, self.data, self.settings = model, teacher.eval(), data, settings
        self.resume = resume
        self.device = next(model.parameters()).device
        self.images = torch.from_numpy(data.train.images)
        self.labels = torch.from_numpy(data.train.labels)
        self.batch = min(settings.batch, len(self.labels))
        self.steps = ceil(round(epochs * (len(self.labels) // self.batch), 6))
        self.draws = generator(seed)
        self.optimizer = _optimizer(model, settings)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)
        self.done = 0
        self.earlier = 0.0
        self._begun = time.process_time()

    @property
    def seconds(self) -> float:
        """Processor seconds, `earlier` ones of a run that was stopped included."""
        return self.earlier + time.process_time() - self._begun

    def run(self, heard: Callable[[int, int], object]) -> None:
        """Train to the end, from the stored state where there is one."""
        training_state.load(self.resume, self)
        saved = time.monotonic()
        self.model.quantize(weights=True, activations=self.settings.activations)
        self.model.train()
        while self.done < self.steps:
            self._epoch(heard)
            if time.monotonic() - saved > _SAVE_SECONDS:
                training_state.save(self.resume, self)
                saved = time.monotonic()
        self.model.eval()

    def _epoch(self, heard: Callable[[int, int], object]) -> None:
        order = torch.randperm(len(self.labels), generator=self.draws)
        for chosen in order[: len(order) // self.batch * self.batch].split(self.batch):
            if self.done == self.steps:
                return
            self._step(chosen)
            self.done += 1
            if self.done % ceil(self.steps / _REPORTS) == 0 or self.done == self.steps:
                heard(self.done, self.steps)

    def _step(self, chosen: Tensor) -> None:
        inputs = augment(self.images[chosen], self.data.augmentation, self.draws)
        inputs = channels_last(inputs.to(self.device))
        labels = self.labels[chosen].to(self.device)
        with self.settings.autocast(self.device):
            outputs = self.model(inputs)
            targets = self._targets(inputs)
        loss = _loss(outputs.float(), labels, targets, self.settings)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.model.project()

    @torch.no_grad()
    def _targets(self, inputs: Tensor) -> Tensor | None:
        return self.teacher(inputs).float() if self.settings.distillation else None


def _loss(outputs: Tensor, labels: Tensor, targets: Tensor | None, settings: QatSettings) -> Tensor:
    share, temperature = settings.distillation, settings.temperature
    loss = F.cross_entropy(outputs, labels) * (1 - share)
    if targets is None:
        return loss
    expected = F.log_softmax(targets / temperature, dim=1)
    softened = F.log_softmax(outputs / temperature, dim=1)
    divergence = F.kl_div(softened, expected, reduction="batchmean", log_target=True)
    return loss + share * temperature**2 * divergence


def _check_labels(model: QuantizedModel, data: Splits) -> None:
    classes = prod(model.graph.shapes[model.graph.output])
    for name, part in (("training", data.train), ("validation", data.validation)):
        if part.labels.max() >= classes:
            raise DataError(
                f"label {part.labels.max()} in the {name} part, but the network has {classes} "
                f"classes: labels must be in 0..{classes - 1}"
            )


def _optimizer(model: QuantizedModel, settings: QatSettings) -> torch.optim.Optimizer:
    units = list(model.mac_units.values())
    steps = [unit.weight_quantizer.step for unit in units]
    known = {id(step) for step in steps}
    groups: list[dict[str, object]] = [
        {
            "params": [p for p in model.parameters() if id(p) not in known],
            "lr": settings.rate,
        }
    ]
    # Adam moves a parameter by about its rate a step, so a layer's steps get a rate in proportion.
    groups += [
        {"params": [step], "lr": settings.step_rate * float(step.detach().mean())} for step in steps
    ]
    return torch.optim.Adam(groups)
