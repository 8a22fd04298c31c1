from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from quant.errors import CheckpointError, NetworkFileError
from quant.imports import load_network
from quant.networks.digits import DigitsNet, load_pretrained
from quant.networks.resnet20 import ResNet20

EXAMPLE = torch.zeros(1, 1, 8, 8)


def written(network: nn.Module, tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    save_file(network.state_dict(), path)
    return path


def assert_same(a: nn.Module, b: nn.Module) -> None:
    assert not a.training
    assert a.state_dict().keys() == b.state_dict().keys()
    assert all(torch.equal(a.state_dict()[key], value) for key, value in b.state_dict().items())


def test_networks_that_ship_with_the_code(tmp_path: Path) -> None:
    assert_same(load_network("digits"), load_pretrained())
    for spec, network in (("digits", DigitsNet()), ("resnet20", ResNet20())):
        assert_same(load_network(spec, written(network, tmp_path)), network)
    with pytest.raises(NetworkFileError, match="resnet20: ships without weights; give a check"):
        load_network("resnet20")


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_an_export_takes_other_weights(export: Callable[..., Path], tmp_path: Path) -> None:
    exported, other = DigitsNet().eval(), DigitsNet().eval()
    path = str(export(exported, EXAMPLE))
    assert_same(load_network(path), exported)
    assert_same(load_network(path, written(other, tmp_path)), other)
    with pytest.raises(CheckpointError, match="not a checkpoint of DigitsNet: missing"):
        load_network(path, written(nn.Linear(2, 2), tmp_path))


def test_a_python_file(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("from quant.networks.digits import DigitsNet\n")
    network = DigitsNet()
    assert_same(load_network(f"{path}:DigitsNet", written(network, tmp_path)), network)
    with pytest.raises(NetworkFileError, match=r"net\.py: name its network, as in net\.py:Net; "):
        load_network(str(path))


@pytest.mark.parametrize("spec", ["resnet", "net.onnx", "net.safetensors", ""])
def test_anything_else(spec: str) -> None:
    with pytest.raises(
        NetworkFileError,
        match=rf"'{spec}' names no network; understood are digits, resnet20 \(which needs "
        r"weights\), an export \(net\.pt2\), a class or function of a Python file \(net\.py:Net\)$",
    ):
        load_network(spec)
