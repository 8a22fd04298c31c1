from pathlib import Path

import numpy as np
import pytest
import torch

from quant.calibrate import calibrate
from quant.errors import CheckpointError
from quant.export import to_integer_network
from quant.graph import AddLayer, SubsampleLayer, trace
from quant.model import prepare
from quant.networks import resnet20

EXAMPLE = torch.zeros(1, 3, 32, 32)


def test_layers_weights_and_operations() -> None:
    graph = trace(resnet20.ResNet20(), EXAMPLE)
    assert [layer.name for layer in graph.layers if not isinstance(layer, AddLayer)] == [
        "conv1",
        *(f"layer1.{block}.conv{conv}" for block in range(3) for conv in (1, 2)),
        "layer2.0.conv1",
        "layer2.0.conv2",
        "layer2.0.subsample",
        *(f"layer2.{block}.conv{conv}" for block in (1, 2) for conv in (1, 2)),
        "layer3.0.conv1",
        "layer3.0.conv2",
        "layer3.0.subsample",
        *(f"layer3.{block}.conv{conv}" for block in (1, 2) for conv in (1, 2)),
        "adaptive_average_pool",
        "linear",
    ]
    assert len(graph.mac_layers) == 20
    assert graph.shapes["layer3.0.add"] == (64, 8, 8)
    model = prepare(resnet20.ResNet20(), EXAMPLE)
    assert sum(model.weight_counts.values()) == 268_336


def test_multiply_accumulates() -> None:
    model = prepare(resnet20.ResNet20(), EXAMPLE)
    calibrate(model, np.random.default_rng(1).random((2, 3, 32, 32), dtype=np.float32))
    network = to_integer_network(model, "resnet20")
    macs = {layer.name: network.macs(layer) for layer in network.mac_layers}
    shortcuts = [each.name for each in model.graph.layers if isinstance(each, SubsampleLayer)]
    assert sum(macs.values()) - sum(macs[name] for name in shortcuts) == 40_551_040


def test_the_shortcut_keeps_every_other_pixel_between_zeros() -> None:
    x = torch.rand(2, 16, 5, 4)
    y = resnet20.Block(16, 32, 2).shortcut(x)
    assert y.shape == (2, 32, 3, 2)
    assert torch.equal(y[:, 8:24], x[:, :, ::2, ::2])
    assert not y[:, :8].any()
    assert not y[:, 24:].any()
    assert resnet20.Block(16, 16, 1).shortcut(x) is x


def test_keys_are_those_of_the_common_checkpoints(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = resnet20.ResNet20()
    state = network.state_dict()
    assert {"conv1.weight", "bn1.bias", "layer1.0.bn1.running_mean", "layer3.2.conv2.weight"} < set(
        state
    )
    assert state["linear.weight"].shape == (10, 64)
    path = tmp_path / "resnet20.npz"
    np.savez(path, **{key: value.numpy() for key, value in state.items()})
    loaded = resnet20.load(path)
    assert not loaded.training
    assert all(torch.equal(value, state[key]) for key, value in loaded.state_dict().items())


def test_a_checkpoint_of_another_network(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, weight=np.zeros(3))
    with pytest.raises(CheckpointError, match=r"other.npz: not a checkpoint of ResNet20: missing"):
        resnet20.load(path)
