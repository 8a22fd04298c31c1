"""Float training of the digits network: `python -m quant.train [OUTPUT]` makes its checkpoint.

Reproducible bit for bit on one machine; another processor's vector units may move the last bits of
the weights, and the accuracy by an image or two.
"""

import argparse
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from quant.augment import augment
from quant.checkpoint import save_weights
from quant.data import Splits, digits
from quant.determinism import deterministic, generator
from quant.evaluate import accuracy
from quant.networks.digits import CHECKPOINT, DigitsNet, load_pretrained
from quant.progress import Progress


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """SGD with Nesterov momentum, a cosine rate from `rate` to 0, and label smoothing."""

    seed: int = 1
    epochs: int = 60
    batch: int = 64
    rate: float = 0.05
    momentum: float = 0.9
    decay: float = 5e-4
    smoothing: float = 0.05


def train(
    network: nn.Module,
    data: Splits,
    settings: TrainSettings,
    *,
    progress: Progress | None = None,
) -> nn.Module:
    """Train `network` in place on the training part alone and return it in eval mode.

    The last weights are kept, not the best: no other part of the data takes a decision here.
    """
    images, labels = torch.from_numpy(data.train.images), torch.from_numpy(data.train.labels)
    draws = generator(settings.seed)
    steps = settings.epochs * (len(labels) // settings.batch)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=settings.rate,
        momentum=settings.momentum,
        nesterov=True,
        weight_decay=settings.decay,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.train()
    with deterministic():
        for epoch in range(settings.epochs):
            order = torch.randperm(len(labels), generator=draws)
            for chosen in order.split(settings.batch):
                if len(chosen) < settings.batch:  # a few images would make poor batch statistics
                    continue
                inputs = augment(images[chosen], data.augmentation, draws)
                outputs = network(inputs)
                loss = F.cross_entropy(outputs, labels[chosen], label_smoothing=settings.smoothing)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            if progress is not None:
                progress("float training", epoch + 1, settings.epochs)
    return network.eval()


def train_digits(settings: TrainSettings, *, progress: Progress | None = None) -> DigitsNet:
    """Return a DigitsNet initialised and trained from `settings.seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = DigitsNet()
    train(network, digits.load(), settings, progress=progress)
    return network


def main(arguments: list[str] | None = None) -> int:
    """Train the digits network, write its checkpoint and report its accuracy on stderr."""
    parser = argparse.ArgumentParser(prog="python -m quant.train", description=main.__doc__)
    parser.add_argument("output", type=Path, nargs="?", default=CHECKPOINT)
    output = parser.parse_args(arguments).output
    settings = TrainSettings()

    def show(label: str, done: int, total: int) -> None:
        sys.stderr.write(f"\r{label} {done}/{total}")

    record = {
        "command": "python -m quant.train",
        "network": "DigitsNet",
        "data": digits.load().name,
        "settings": asdict(settings),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    save_weights(train_digits(settings, progress=show), output, record)
    network, data = load_pretrained(output), digits.load()
    with deterministic():
        scores = {
            name: accuracy(network, getattr(data, name)) for name in ("train", "validation", "test")
        }
    listed = ", ".join(f"{name} {score:.2%}" for name, score in scores.items())
    sys.stderr.write(f"\n{output}: accuracy {listed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
