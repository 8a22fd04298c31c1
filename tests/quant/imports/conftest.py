"""Exports of small networks, written where a test asks for them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write an export: `dynamic` leaves the batch open, `core` decomposes into core operations."""

    def write(
        network: nn.Module,
        *example: torch.Tensor,
        dynamic: bool = False,
        core: bool = False,
        strict: bool = False,
    ) -> Path:
        shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
        program = torch.export.export(network, example, dynamic_shapes=shapes, strict=strict)
        if core:
            program = program.run_decompositions()
        path = tmp_path / "net.pt2"
        torch.export.save(program, path)
        return path

    return write
