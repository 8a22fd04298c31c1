import numpy as np
import pytest
import torch
from torch import nn

from quant.calibrate import calibrate
from quant.data import Splits
from quant.errors import QuantError
from quant.model import QuantizedModel, prepare


def test_norm_statistics_are_those_of_the_quantized_layer(
    small_model: QuantizedModel, small_data: Splits
) -> None:
    images = small_data.train.images
    calibrate(small_model, images, batch=64)
    unit = small_model.mac_units["first"]
    assert unit.norm is not None
    outputs = unit.mac(torch.from_numpy(images)).detach().double()
    assert unit.norm.running_mean is not None
    assert unit.norm.running_var is not None
    assert torch.allclose(unit.norm.running_mean.double(), outputs.mean((0, 2, 3)), atol=1e-5)
    parts = torch.stack([part.var((0, 2, 3)) for part in outputs.split(64)])
    assert torch.allclose(unit.norm.running_var.double(), parts.mean(0), rtol=1e-4)
    assert unit.norm.momentum == 0.1


def test_statistics_can_stay(small_model: QuantizedModel, small_data: Splits) -> None:
    unit = small_model.mac_units["first"]
    assert unit.norm is not None
    assert unit.norm.running_mean is not None
    before = unit.norm.running_mean.clone()
    calibrate(small_model, small_data.train.images[:32], norms=False)
    assert torch.equal(unit.norm.running_mean, before)


def test_rectified_tensors_have_zero_point_zero(small_model: QuantizedModel) -> None:
    assert int(small_model.quantizer("input").zero_point) == 0
    assert int(small_model.quantizer("first").zero_point) == 0
    assert int(small_model.quantizer("add").zero_point) == 0
    assert 0 < int(small_model.quantizer("second").zero_point) < 255
    assert not small_model.training


def test_it_depends_on_the_images_alone(small_net: nn.Module, small_data: Splits) -> None:
    first, second = (prepare(small_net, torch.zeros(1, 1, 8, 8)) for _ in range(2))
    calibrate(second, np.zeros((8, 1, 8, 8), np.float32))
    for model in (first, second):
        calibrate(model, small_data.train.images)
    for key, value in first.snapshot().items():
        assert torch.equal(value, second.snapshot()[key]), key


def test_no_batch_is_smaller_than_the_others(small_net: nn.Module, small_data: Splits) -> None:
    images, sizes = small_data.train.images[:130], list[int]()
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    model.input_quantizer.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    calibrate(model, images, batch=64)
    assert sizes == [44, 43, 43, 44, 43, 43]


def test_no_images(small_net: nn.Module) -> None:
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    with pytest.raises(QuantError, match="calibration needs at least one image"):
        calibrate(model, np.zeros((0, 1, 8, 8), np.float32))
