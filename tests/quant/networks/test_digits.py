import numpy as np
import torch

from quant.checkpoint import read_checkpoint
from quant.data import digits
from quant.evaluate import accuracy
from quant.graph import trace
from quant.networks.digits import CHECKPOINT, load_pretrained


def test_the_shipped_network_is_accurate() -> None:
    data, network = digits.load(), load_pretrained()
    assert accuracy(network, data.test) >= 0.98
    assert accuracy(network, data.validation) >= 0.98


def test_ten_layers_of_clearly_different_sigma() -> None:
    network = load_pretrained()
    graph = trace(network, torch.zeros(1, 1, 8, 8))
    weights = [network.get_submodule(layer.module).weight for layer in graph.mac_layers]
    sigmas = [float(torch.as_tensor(weight).detach().std()) for weight in weights]
    assert len(sigmas) == 10
    assert max(sigmas) > 5 * min(sigmas)
    assert sum(torch.as_tensor(weight).numel() for weight in weights) == 55_664


def test_the_file_says_how_it_was_made() -> None:
    state, metadata = read_checkpoint(CHECKPOINT)
    assert metadata["command"] == "python -m quant.train"
    assert metadata["data"] == digits.load().name
    assert isinstance(metadata["settings"], dict)
    assert {"seed", "epochs", "rate"} <= metadata["settings"].keys()
    assert isinstance(metadata["versions"], dict)
    assert "torch" in metadata["versions"]
    assert all(value.dtype == torch.float16 for value in state.values())
    assert CHECKPOINT.stat().st_size < 130_000


def test_weights_load_exactly_as_stored() -> None:
    state, _ = read_checkpoint(CHECKPOINT)
    loaded = load_pretrained().state_dict()
    for key, value in state.items():
        assert np.array_equal(loaded[key].numpy(), value.float().numpy()), key
