from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from quant.checkpoint import load_weights, read_checkpoint, save_weights
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
