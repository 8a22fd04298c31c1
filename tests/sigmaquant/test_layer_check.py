import numpy as np
import torch

from quant.calibrate import calibrate
from quant.data import digits as data
from quant.export import to_integer_network
from quant.model import prepare
from quant.networks.digits import load_pretrained
from sigmaquant.layer_check import largest_differences


def test_an_exported_network_agrees_and_a_damaged_layer_is_found():
    splits = data.load()
    model = prepare(load_pretrained(), torch.from_numpy(splits.train.images[:1]))
    calibrate(model, splits.train.images[:64])
    network = to_integer_network(model, "digits")
    images = splits.test.images[:8]
    assert max(largest_differences(model, network, images).values()) <= 1

    name = list(model.mac_units)[2]
    with torch.no_grad():
        model.mac_units[name].float_weight.mul_(-1)
    differences = largest_differences(model, network, images)
    assert [layer for layer, codes in differences.items() if codes > 1] == [name]
    assert np.isfinite(differences[name])
