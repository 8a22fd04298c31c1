import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from quant.data import Splits, digits
from quant.evaluate import accuracy
from quant.networks.digits import DigitsNet, load_pretrained
from quant.train import TrainSettings, main, train, train_digits


def test_training_is_seeded_and_learns(small_data: Splits) -> None:
    settings = TrainSettings(epochs=15)
    states = []
    for _ in range(2):
        torch.manual_seed(0)
        network = DigitsNet()
        train(network, small_data, settings)
        states.append(network.state_dict())
        assert accuracy(network, small_data.train) > 0.5
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())


def test_the_seed_decides_and_the_global_one_does_not(small_data: Splits) -> None:
    settings = TrainSettings(epochs=1)
    torch.manual_seed(1)
    start = DigitsNet()
    networks = []
    for seed, global_seed in ((1, 1), (1, 2), (9, 1)):
        network = copy.deepcopy(start)
        torch.manual_seed(global_seed)
        networks.append(train(network, small_data, replace(settings, seed=seed)).state_dict())
    first, same, other = networks
    assert all(torch.equal(value, same[key]) for key, value in first.items())
    assert not torch.equal(first["stem.weight"], other["stem.weight"])


@pytest.mark.slow
def test_the_shipped_checkpoint_is_reproduced_in_accuracy(tmp_path: Path) -> None:
    output, data = tmp_path / "digits.safetensors", digits.load()
    assert main([str(output)]) == 0
    made, shipped = load_pretrained(output), load_pretrained()
    assert accuracy(made, data.test) >= 0.98
    assert abs(accuracy(made, data.test) - accuracy(shipped, data.test)) <= 0.007
    before = torch.random.get_rng_state()
    train_digits(TrainSettings(epochs=1))
    assert torch.equal(torch.random.get_rng_state(), before)
