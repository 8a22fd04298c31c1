"""A training that was stopped goes on: all that its next step depends on, in one file.

The file begins with the SHA-256 of the rest, 32 bytes: what does not match it counts as absent.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import Protocol

import torch
from torch import nn


class Training(Protocol):
    """What a training has besides its settings and data."""

    done: int
    earlier: float

    @property
    def seconds(self) -> float:
        """Processor seconds that went into it, `earlier` ones of a stopped run included."""
        ...

    @property
    def model(self) -> nn.Module:
        """The network, with the weights that change."""
        ...

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """What changes them."""
        ...

    @property
    def schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        """Its rate by step."""
        ...

    @property
    def draws(self) -> torch.Generator:
        """Order and augmentation of the images to come."""
        ...


def save(path: Path | None, training: Training) -> None:
    """Write the state of `training` to `path` in one step; without a path do nothing."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    state = {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "schedule": training.schedule.state_dict(),
        "draws": training.draws.get_state(),
        "done": training.done,
        "seconds": training.seconds,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    temporary.write_bytes(hashlib.sha256(content).digest() + content)
    temporary.replace(path)


def load(path: Path | None, training: Training) -> None:
    """Bring `training` to the state at `path`; without one, or with a damaged one, do nothing."""
    if path is None or not path.is_file():
        return
    written = path.read_bytes()
    checksum, content = written[:32], written[32:]
    if hashlib.sha256(content).digest() != checksum:
        return
    state = torch.load(io.BytesIO(content), weights_only=True)
    training.model.load_state_dict(state["model"])
    training.optimizer.load_state_dict(state["optimizer"])
    training.schedule.load_state_dict(state["schedule"])
    training.draws.set_state(state["draws"])
    training.done, training.earlier = state["done"], state["seconds"]
