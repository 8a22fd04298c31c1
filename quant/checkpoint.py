"""Float checkpoints: our own safetensors files, which say how they were made, and other people's.

Nothing is ever unpickled that could run code.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from quant.errors import CheckpointError

TORCH_SUFFIXES = (".pt", ".pth", ".th")
_PARALLEL = "module."  # what torch's DataParallel puts before every key
_COUNTER = "num_batches_tracked"  # BatchNorm's, which nothing reads later


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
    _copy(state, network, path)


def load_state(network: nn.Module, path: Path) -> None:
    """Copy other people's state dict at `path`, see `read_state`, into `network`.

    BatchNorm's batch counters may be there or not. CheckpointError names what does not fit.
    """
    state = read_state(path)
    _copy({k: v for k, v in state.items() if k.split(".")[-1] != _COUNTER}, network, path)


def _copy(state: Mapping[str, Tensor], network: nn.Module, path: Path) -> None:
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
    state, header = _read_safetensors(path)
    try:
        return state, json.loads(header.get("sigmaquant", "{}"))
    except ValueError as error:
        raise CheckpointError(f"{path}: damaged, its header is not JSON ({error})") from error


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the state dict in an .npz, .safetensors, .pt, .pth or .th file, on the CPU.

    A torch file may hold it under "state_dict", and all keys may start with "module.", which is
    taken off. CheckpointError for anything else.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint; give the path of a state dict's file")
    if path.suffix == ".npz":
        state = _read_npz(path)
    elif path.suffix == ".safetensors":
        state, _ = _read_safetensors(path)
    elif path.suffix in TORCH_SUFFIXES:
        state = _read_torch(path)
    else:
        raise CheckpointError(
            f"{path}: not a kind of file that holds a state dict; "
            f"use .npz, .safetensors, {', '.join(TORCH_SUFFIXES)}"
        )
    if all(key.startswith(_PARALLEL) for key in state):
        return {key.removeprefix(_PARALLEL): value for key, value in state.items()}
    return state


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            return {key: file.get_tensor(key) for key in file.keys()}, header  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path}: damaged, not a safetensors file ({error})") from error


def _read_npz(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {key: torch.from_numpy(file[key]) for key in file.files}
    except (OSError, EOFError, ValueError, TypeError, BadZipFile, zlib.error) as error:
        raise CheckpointError(
            f"{path}: damaged, or not an .npz file of numbers; save it again with numpy.savez"
        ) from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of damaged bytes it makes whatever comes first
        raise CheckpointError(
            f"{path}: damaged, or holds more than tensors; save its state dict alone"
        ) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise CheckpointError(f"{path}: not a state dict of tensors; save its state dict alone")
    return dict(content)


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
