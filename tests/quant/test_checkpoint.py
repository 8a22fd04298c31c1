from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from quant.checkpoint import load_state, load_weights, read_checkpoint, read_state, save_weights
from quant.errors import CheckpointError
from quant.networks.digits import load_pretrained


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def test_round_trip_rounds_to_half_precision_and_keeps_the_metadata(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    source, target = network(), network()
    save_weights(source, path, {"seed": 3})
    with torch.no_grad():
        target[0].weight.zero_()  # pyright: ignore[reportIndexIssue]
    load_weights(target, path)
    for key, value in source.state_dict().items():
        if value.is_floating_point():
            assert torch.equal(target.state_dict()[key], value.half().float())
    assert read_checkpoint(path)[1] == {"seed": 3}
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.st: no such checkpoint; .*quant\.train"):
        load_pretrained(tmp_path / "none.st")


def test_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_weights(network(), path, {})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match="damaged, not a safetensors file"):
        load_weights(network(), path)


def test_checkpoint_of_another_network(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_weights(network(), path, {})
    with pytest.raises(CheckpointError, match=r"not a checkpoint of Linear: missing \['bias'"):
        load_weights(nn.Linear(2, 2), path)
    wider = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    with pytest.raises(CheckpointError, match=r"'0.weight' has shape \(2, 1, 3, 3\), the network"):
        load_weights(wider, path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(tmp_path: Path, value: float) -> None:
    path = tmp_path / "net.safetensors"
    bad, target = network(), network()
    with torch.no_grad():
        bad.get_parameter("0.weight")[1, 0, 2, 0] = value
    with pytest.raises(CheckpointError, match=r"in half precision: '0\.weight' has 1 values"):
        save_weights(bad, path, {})
    assert not path.exists()
    save_file({key: item for key, item in bad.state_dict().items() if item.dim()}, path)
    before = {key: item.clone() for key, item in target.state_dict().items()}
    with pytest.raises(
        CheckpointError, match=r"'0.weight' has 1 values that are NaN.*\[1, 0, 2, 0\]"
    ):
        load_weights(target, path)
    assert all(torch.equal(item, before[key]) for key, item in target.state_dict().items())


def test_weights_too_large_for_half_precision(tmp_path: Path) -> None:
    large = network()
    with torch.no_grad():
        large.get_parameter("0.bias")[1] = 7e4
    with pytest.raises(CheckpointError, match=r"in half precision: '0.bias' has 1 .* at \[1\]"):
        save_weights(large, tmp_path / "net.safetensors", {})


def test_a_header_that_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file({"w": torch.zeros(1)}, path, {"sigmaquant": "{"})
    with pytest.raises(CheckpointError, match="damaged, its header is not JSON"):
        read_checkpoint(path)


def write_npz(state: dict[str, torch.Tensor], path: Path) -> None:
    arrays: dict[str, Any] = {key: value.numpy() for key, value in state.items()}
    np.savez(path, **arrays)


def write_parallel(state: dict[str, torch.Tensor], path: Path) -> None:
    wrapped = {f"module.{key}": value for key, value in state.items()}
    torch.save({"state_dict": wrapped, "epoch": 3}, path)


@pytest.mark.parametrize("counters", [True, False])
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("net.npz", write_npz),
        ("net.safetensors", save_file),
        ("net.pt", torch.save),
        ("net.pth", write_parallel),
        ("net.th", write_parallel),
    ],
)
def test_state_dicts_of_others(
    tmp_path: Path, name: str, write: Callable[..., None], counters: bool
) -> None:
    source, target = network(), network()
    with torch.no_grad():
        source.get_parameter("0.weight").mul_(2)
    state = {key: value for key, value in source.state_dict().items() if counters or value.dim()}
    write(state, tmp_path / name)
    read = read_state(tmp_path / name)
    assert read.keys() == state.keys()
    assert all(torch.equal(value, state[key]) for key, value in read.items())
    load_state(target, tmp_path / name)
    assert torch.equal(target.get_parameter("0.weight"), source.get_parameter("0.weight"))


def test_state_dicts_of_another_network(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    state = network().state_dict()
    write_npz({"extra": torch.zeros(1), **state}, path)
    with pytest.raises(CheckpointError, match=r"missing nothing, unexpected \['extra'\]"):
        load_state(network(), path)
    write_npz({**state, "0.weight": torch.zeros(2, 1, 1, 1)}, path)
    with pytest.raises(CheckpointError, match=r"'0.weight' has shape \(2, 1, 1, 1\), the network"):
        load_state(network(), path)
    write_npz({key: value for key, value in state.items() if key != "1.bias"}, path)
    with pytest.raises(CheckpointError, match=r"missing \['1.bias'\], unexpected nothing"):
        load_state(network(), path)


def test_files_that_hold_no_state_dict(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none.pt: no such checkpoint; give the path of a"):
        read_state(tmp_path / "none.pt")
    (tmp_path / "net.onnx").touch()
    match = r"net.onnx: not a kind .*; use .npz, .safetensors, .pt, .pth, .th"
    with pytest.raises(CheckpointError, match=match):
        read_state(tmp_path / "net.onnx")
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match=r"list.pt: not a state dict of tensors; save its"):
        read_state(tmp_path / "list.pt")


def test_a_whole_network_is_not_unpickled(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match=r"net.pt: damaged, or holds more than tensors; save"):
        read_state(tmp_path / "net.pt")


@pytest.mark.parametrize("content", [b"", b"damaged", b"PK\x03\x04damaged"])
@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("net.npz", "net.npz: damaged, or not an .npz file of numbers; save it again"),
        ("net.pt", "net.pt: damaged, or holds more than tensors; save its state dict alone"),
        ("net.safetensors", "net.safetensors: damaged, not a safetensors file"),
    ],
)
def test_damaged_state_dicts(tmp_path: Path, name: str, match: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=match):
        read_state(tmp_path / name)


def test_an_npz_file_of_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", weight=np.array([object()]))
    with pytest.raises(CheckpointError, match=r"net.npz: damaged, or not an .npz file of numbers"):
        read_state(tmp_path / "net.npz")
