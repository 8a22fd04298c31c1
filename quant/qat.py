"""Quantization-aware training: short, seeded, with learned steps and a float teacher.

Runs on the CPU or on CUDA, wherever the model lives; random numbers are drawn on the CPU for both.
One run is reproducible bit for bit on one machine and device: it sets its own number of threads,
so that the process's own does not matter. The distillation from the float network is ours, not
the allocation's paper's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.augment import augment
from quant.calibrate import calibrate
from quant.checkpoint import check_finite
from quant.data import Splits
from quant.determinism import deterministic, generator
from quant.errors import DataError, QuantError, SettingsError, TrainingError
from quant.model import QuantizedModel

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class QatSettings:
    """Adam with a cosine rate from `rate` to zero within each stage.

    step_rate: rate of the learned step sizes, relative to the step itself. distillation: share of
    the loss that follows the float network's softened outputs (Hinton et al., 2015) instead of the
    labels, with `temperature`. threads: CPU threads of the training, part of what it computes.
    """

    batch: int = 64
    rate: float = 4e-3
    step_rate: float = 3e-3
    distillation: float = 0.5
    temperature: float = 3.0
    threads: int = 1

    def __post_init__(self) -> None:
        for name in ("batch", "threads"):
            if type(getattr(self, name)) is not int:
                raise SettingsError(f"qat.{name} must be an integer, not {getattr(self, name)!r}")
        for name in ("batch", "rate", "step_rate", "temperature", "threads"):
            if not 0 < getattr(self, name) < inf:
                raise SettingsError(f"qat.{name} must be positive, not {getattr(self, name)}")
        if not 0 <= self.distillation <= 1:
            raise SettingsError(f"qat.distillation must be in 0..1, not {self.distillation}")


def train_quantized(
    model: QuantizedModel,
    teacher: nn.Module,
    data: Splits,
    settings: QatSettings,
    *,
    epochs: int,
    seed: int,
    label: str = "quantization-aware training",
    progress: Progress | None = None,
) -> None:
    """Calibrate `model`, train it for `epochs` epochs on the training part, calibrate it again.

    `teacher` is the float network, on the same device. The model ends in eval mode. Epochs without
    a full batch train on what there is. `progress` hears of every epoch. Raises DataError for
    labels beyond the network's classes, TrainingError where a weight or tensor is no longer finite.
    """
    _check_labels(model, data)
    with deterministic(settings.threads):
        calibrate(model, data.train.images)
        if epochs:
            _train(model, teacher, data, settings, epochs, seed, label, progress)
            _calibrate_trained(model, data, label)


def _calibrate_trained(model: QuantizedModel, data: Splits, label: str) -> None:
    # The grids keep the loss finite whatever becomes of the weights; these and the ranges show it.
    try:
        check_finite(dict(model.named_parameters()), "after training")
        calibrate(model, data.train.images)
    except QuantError as error:
        raise TrainingError(f"training diverged in {label}: lower qat.rate ({error})") from error


def _train(
    model: QuantizedModel,
    teacher: nn.Module,
    data: Splits,
    settings: QatSettings,
    epochs: int,
    seed: int,
    label: str,
    progress: Progress | None,
) -> None:
    device = next(model.parameters()).device
    images, labels = torch.from_numpy(data.train.images), torch.from_numpy(data.train.labels)
    draws = generator(seed)
    batch = min(settings.batch, len(labels))
    optimizer = _optimizer(model, settings)
    steps = epochs * (len(labels) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    teacher.eval()
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(labels), generator=draws)
        for chosen in order[: len(order) // batch * batch].split(batch):
            inputs = augment(images[chosen], data.augmentation, draws).to(device)
            loss = _loss(model(inputs), inputs, labels[chosen].to(device), teacher, settings)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            model.project()
        if progress is not None:
            progress(label, epoch + 1, epochs)
    model.eval()


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


def _loss(
    outputs: Tensor, inputs: Tensor, labels: Tensor, teacher: nn.Module, settings: QatSettings
) -> Tensor:
    share, temperature = settings.distillation, settings.temperature
    loss = F.cross_entropy(outputs, labels) * (1 - share)
    if share == 0:
        return loss
    with torch.no_grad():
        targets = F.log_softmax(teacher(inputs) / temperature, dim=1)
    softened = F.log_softmax(outputs / temperature, dim=1)
    divergence = F.kl_div(softened, targets, reduction="batchmean", log_target=True)
    return loss + share * temperature**2 * divergence
