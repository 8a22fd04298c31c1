import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from compiler.program import compile_network
from hw.config import engine_preset
from quant.calibrate import calibrate
from quant.data import Splits, digits
from quant.errors import ExportError
from quant.evaluate import logits
from quant.export import to_integer_network
from quant.input_codes import input_codes
from quant.integer_network import Conv2d, IntegerNetwork, IntegerNetworkError, Tensor
from quant.model import QuantizedModel, prepare
from quant.networks import resnet20
from quant.networks.digits import load_pretrained
from sim import golden
from sim.golden.layers import run_layer

Codes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits_model() -> QuantizedModel:
    model = prepare(load_pretrained(), torch.zeros(1, 1, 8, 8))
    model.set_bits(dict(zip(model.bits, (8, 4, 3, 5, 2, 6, 7, 2, 4, 8), strict=True)))
    calibrate(model, digits.load().train.images)
    return model


@pytest.fixture(scope="module")
def shortcut_model() -> QuantizedModel:
    """Shortcuts without weights, one on rectified codes and one around a zero-point inside."""
    torch.manual_seed(7)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        resnet20.Block(8, 16, 2),
        nn.Conv2d(16, 16, 1),
        resnet20.Block(16, 24, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(24, 10),
    )
    model = prepare(network, torch.zeros(1, 1, 8, 8))
    model.set_bits({"2.conv1": 4, "2.conv2": 3, "4.conv1": 2})
    calibrate(model, digits.load().train.images[:256])
    return model


def real(codes: Codes, tensor: Tensor) -> torch.Tensor:
    """The float32 values that the codes stand for, as the fake quantizer computes them."""
    centred = torch.from_numpy(codes.astype(np.float32)) - tensor.zero_point
    return centred * float(np.float32(tensor.scale))


def codes_of(values: torch.Tensor, tensor: Tensor) -> NDArray[np.int64]:
    rounded = np.rint(values.detach().double().numpy() / tensor.scale) + tensor.zero_point
    return rounded.astype(np.int64)


def layer_differences(
    model: QuantizedModel, network: IntegerNetwork, images: NDArray[np.float32]
) -> dict[str, NDArray[np.int64]]:
    """Fake-quantized minus integer codes of every layer, both given the same input codes."""
    tensors = golden.run(network, input_codes(network, images))
    differences = {}
    for layer in network.layers:
        inputs = [real(tensors[name], network.tensors[name]) for name in layer.inputs]
        with torch.no_grad():
            simulated = codes_of(model.unit(layer.name)(*inputs), network.tensors[layer.output])
        integer = run_layer(
            layer,
            [tensors[name] for name in layer.inputs],
            [network.tensors[name] for name in (*layer.inputs, layer.output)],
        )
        differences[layer.name] = simulated - integer.astype(np.int64)
    return differences


def test_every_activation_within_one_step_given_the_same_input(
    digits_model: QuantizedModel,
) -> None:
    network = to_integer_network(digits_model, "digits")
    differences = layer_differences(digits_model, network, digits.load().validation.images)
    for name, difference in differences.items():
        assert np.abs(difference).max() <= 1, name
        # Biases are whole accumulator units, which are the coarser the fewer the bits.
        assert np.mean(difference != 0) < 2e-2, name


def test_every_layer_kind_within_one_step(small_model: QuantizedModel, small_data: Splits) -> None:
    network = to_integer_network(small_model, "small")
    differences = layer_differences(small_model, network, small_data.validation.images)
    assert set(differences) == {"first", "pool", "second", "add", "mean", "classifier"}
    assert max(int(np.abs(d).max()) for d in differences.values()) <= 1
    assert not differences["pool"].any()


def test_shortcuts_without_weights_pass_their_codes_on_exactly(
    shortcut_model: QuantizedModel, small_data: Splits
) -> None:
    network = to_integer_network(shortcut_model, "shortcuts")
    differences = layer_differences(shortcut_model, network, small_data.validation.images)
    assert max(int(np.abs(d).max()) for d in differences.values()) <= 1
    zero_points = []
    for name in ("2.subsample", "4.subsample"):
        assert not differences[name].any()
        layer = network.layer(name)
        assert isinstance(layer, Conv2d)
        assert (layer.stride, layer.bits) == ((2, 2), 2)
        source, target = network.tensors[layer.input], network.tensors[name]
        assert (source.scale, source.zero_point) == (target.scale, target.zero_point)
        zero_points.append(source.zero_point)
        codes = np.arange(256, dtype=np.uint8).repeat(np.prod(source.shape))
        codes = codes.reshape(256, *source.shape)
        outer = (target.shape[0] - source.shape[0]) // 2
        passed = np.full((256, *target.shape), source.zero_point, np.uint8)
        passed[:, outer:-outer] = codes[:, :, ::2, ::2]
        assert np.array_equal(run_layer(layer, [codes], [source, target]), passed)
    assert zero_points[0] == 0 < zero_points[1]


def test_shortcuts_without_weights_are_fused_with_their_additions(
    shortcut_model: QuantizedModel,
) -> None:
    network = to_integer_network(shortcut_model, "shortcuts")
    program = compile_network(network, engine_preset("edge"))
    names = [operation.names for operation in program.operations]
    assert ("2.subsample", "2.add") in names
    assert ("4.subsample", "4.add") in names


@pytest.mark.parametrize("bits", [4, 6, 8])
@pytest.mark.parametrize("which", ["small", "shortcuts"])
def test_narrow_activations_within_one_step(
    which: str,
    bits: int,
    small_model: QuantizedModel,
    shortcut_model: QuantizedModel,
    small_data: Splits,
) -> None:
    model = small_model if which == "small" else copy.deepcopy(shortcut_model)
    model.set_activation_bits({name: bits for name in model.graph.shapes if name != "input"})
    if which == "small":  # the other stays on the ranges that it had at 8 bits
        calibrate(model, small_data.train.images, norms=False)
    network = to_integer_network(model, which)
    images = small_data.validation.images
    differences = layer_differences(model, network, images)
    assert max(int(np.abs(d).max()) for d in differences.values()) <= 1
    largest = {
        name: int(codes.max())
        for name, codes in golden.run(network, input_codes(network, images)).items()
    }
    assert largest.pop("input") == 255
    assert max(largest.values()) == 2**bits - 1


def test_every_tensor_exports_at_its_own_width(
    small_model: QuantizedModel, small_data: Splits
) -> None:
    small_model.set_activation_bits({"first": 7, "second": 4, "add": 5, "mean": 6, "classifier": 4})
    network = to_integer_network(small_model, "small")
    codes = golden.run(network, input_codes(network, small_data.validation.images))
    assert {name: int(tensor.max()).bit_length() for name, tensor in codes.items()} == (
        small_model.activation_bits
    )


def test_classes_agree_on_the_validation_part(digits_model: QuantizedModel) -> None:
    part = digits.load().validation
    network = to_integer_network(digits_model, "digits")
    integer = golden.classify(network, input_codes(network, part.images))
    simulated = logits(digits_model, part.images).argmax(dim=1).numpy()
    assert np.mean(integer == simulated) >= 0.99
    correct = np.mean(integer == part.labels), np.mean(simulated == part.labels)
    assert abs(correct[0] - correct[1]) <= 0.005


def test_weights_are_the_codes_that_the_fake_quantizer_used(digits_model: QuantizedModel) -> None:
    network = to_integer_network(digits_model, "digits")
    for layer, (name, unit) in zip(network.mac_layers, digits_model.mac_units.items(), strict=True):
        assert layer.name == name
        step = unit.weight_quantizer.step.detach().numpy()
        column = step.reshape(-1, *[1] * (layer.weight.ndim - 1))
        assert np.array_equal(layer.weight * column, unit.mac.weight.detach().numpy())
        assert layer.bits == digits_model.bits[name]
    assert network.size_ratio == digits_model.size_ratio()


def test_graph_shapes_and_metadata(small_model: QuantizedModel) -> None:
    network = to_integer_network(small_model, "small", {"seed": 4})
    assert network.metadata == {"seed": 4}
    assert [layer.name for layer in network.layers] == [
        "first",
        "pool",
        "second",
        "add",
        "mean",
        "classifier",
    ]
    first = network.layer("first")
    assert isinstance(first, Conv2d)
    assert (first.stride, first.padding) == ((2, 2), (1, 1))
    assert first.requantization.maximum <= 255
    assert network.tensors["pool"].scale == network.tensors["first"].scale
    assert {name: t.shape for name, t in network.tensors.items()} == small_model.graph.shapes


def test_the_input_is_quantized_as_the_model_does(
    small_model: QuantizedModel, small_data: Splits
) -> None:
    network = to_integer_network(small_model, "small")
    images = small_data.test.images * 1.3 - 0.1
    codes = input_codes(network, images)
    tensor = network.tensors["input"]
    assert codes.dtype == np.uint8
    quantized = small_model.input_quantizer(torch.from_numpy(images))
    assert np.array_equal(codes, codes_of(quantized, tensor))


def test_a_model_that_was_never_calibrated(small_net: nn.Module) -> None:
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    with pytest.raises(ExportError, match="network 'small' is not calibrated"):
        to_integer_network(model, "small")


def test_an_offset_that_no_bias_can_hold(small_model: QuantizedModel) -> None:
    unit = small_model.mac_units["second"]
    assert unit.norm is not None
    with torch.no_grad():
        unit.norm.bias[2] = 1e9
    with pytest.raises(ExportError, match=r"layer 'second', channel 2: bias .* 32 bits"):
        to_integer_network(small_model, "small")


def zero_channel_with_a_bias(network: nn.Module) -> None:
    network.get_parameter("second.weight")[2] = 0


def zero_row_of_the_classifier(network: nn.Module) -> None:
    network.get_parameter("classifier.weight")[3] = 0


def zero_layer(network: nn.Module) -> None:
    network.get_parameter("second.weight").zero_()


def zero_gain_with_an_offset(network: nn.Module) -> None:
    network.get_parameter("norm2.weight")[2] = 0
    network.get_parameter("norm2.bias")[2] = 0.8


def zero_gains_of_the_residual(network: nn.Module) -> None:
    network.get_parameter("norm2.weight").zero_()


def a_layer_dead_after_its_rectifier(network: nn.Module) -> None:
    network.get_parameter("norm.bias").fill_(-100)


@pytest.mark.parametrize(
    "kill",
    [
        zero_channel_with_a_bias,
        zero_row_of_the_classifier,
        zero_layer,
        zero_gain_with_an_offset,
        zero_gains_of_the_residual,
        a_layer_dead_after_its_rectifier,
    ],
)
def test_dead_channels_export_and_are_what_they_were(
    small_net: nn.Module, small_data: Splits, kill: Callable[[nn.Module], None]
) -> None:
    with torch.no_grad():
        kill(small_net)
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    calibrate(model, small_data.train.images, norms=False)
    network = to_integer_network(model, "small")
    differences = layer_differences(model, network, small_data.validation.images)
    assert max(int(np.abs(d).max()) for d in differences.values()) <= 1
    codes = golden.run(network, input_codes(network, small_data.validation.images))["second"]
    if kill is zero_gain_with_an_offset:
        tensor = network.tensors["second"]
        values = (codes[:, 2].astype(float) - tensor.zero_point) * tensor.scale
        assert np.abs(values - 0.8).max() <= 0.5 * tensor.scale


def test_an_accumulator_that_could_overflow(small_model: QuantizedModel) -> None:
    network = to_integer_network(small_model, "small")
    layer = network.mac_layers[0]
    bias = layer.bias.copy()
    bias[2] = 2**31 - 1
    layers = (replace(layer, bias=bias), *network.layers[1:])
    reach = 2**31 - 1 + 255 * int(layer.weight[2].clip(min=0).sum(dtype=np.int64))
    match = f"layer 'first', channel 2: the accumulator can reach {reach}, outside int32"
    with pytest.raises(IntegerNetworkError, match=match):
        replace(network, layers=layers).validate()
