"""Float checkpoints: safetensors files with their making written in the header."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from quant.errors import CheckpointError


def save_weights(network: nn.Module, path: Path, metadata: Mapping[str, object]) -> None:
    """Write the float state of `network` to `path` in one step, `metadata` as JSON in the header.

    Values are rounded to half precision, which halves the file and costs 2^-11 of a weight, far
    below the step of 8 bits; CheckpointError where one is too large for it. BatchNorm's batch
    counters are left out: nothing reads them later.
    """
    state = {key: value.half().contiguous() for key, value in _floats(network).items()}
    check_finite(state, f"{path}, in half precision")
    temporary = path.with_name(path.name + ".part")
    save_file(state, temporary, {"sigmaquant": json.dumps(metadata, sort_keys=True)})
    temporary.replace(path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Copy the checkpoint at `path` into `network`; CheckpointError names what does not fit."""
    state, _ = read_checkpoint(path)
    own = _floats(network)
    missing, surplus = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if missing or surplus:
        raise CheckpointError(
            f"{path}: not a checkpoint of {type(network).__name__}: "
            f"missing {missing or 'nothing'}, unexpected {surplus or 'nothing'}"
        )
    for key, target in own.items():
        if state[key].shape != target.shape:
            raise CheckpointError(
                f"{path}: '{key}' has shape {tuple(state[key].shape)}, "
                f"the network needs {tuple(target.shape)}"
            )
    check_finite(state, str(path))
    with torch.no_grad():
        for key, target in own.items():
            target.copy_(state[key])


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Return the tensors of `path` and the metadata that its maker wrote."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint; `python -m quant.train` makes one")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path}: damaged, not a safetensors file ({error})") from error
    try:
        return state, json.loads(header.get("sigmaquant", "{}"))
    except ValueError as error:
        raise CheckpointError(f"{path}: damaged, its header is not JSON ({error})") from error


def check_finite(state: Mapping[str, Tensor], where: str) -> None:
    """Refuse NaN and infinity: CheckpointError naming the tensor, the count and the first place."""
    for key, value in state.items():
        bad = ~torch.isfinite(value)
        if bad.any():
            raise CheckpointError(
                f"{where}: '{key}' has {int(bad.sum())} values that are NaN or infinite, the first "
                f"at {bad.nonzero()[0].tolist()}; train or export the network again"
            )


def _floats(network: nn.Module) -> dict[str, Tensor]:
    return {key: value for key, value in network.state_dict().items() if value.is_floating_point()}
