import copy

import pytest
import torch
from torch import nn

from quant.data import Splits
from quant.errors import BitWidthError, CheckpointError, UnsupportedLayerError
from quant.model import QuantizedModel, prepare, size_ratio

EXAMPLE = torch.zeros(1, 1, 8, 8)


def test_without_quantizers_it_is_the_float_network(small_net: nn.Module) -> None:
    before = copy.deepcopy(small_net.state_dict())
    model = prepare(small_net, EXAMPLE)
    model.quantize(weights=False, activations=False)
    x = torch.randn(3, 1, 8, 8)
    assert torch.allclose(model(x), small_net(x), atol=1e-6)
    assert all(torch.equal(value, before[key]) for key, value in small_net.state_dict().items())


def test_bits_change_at_run_time(small_model: QuantizedModel) -> None:
    assert small_model.bits == {"first": 8, "second": 3, "classifier": 5}
    small_model.set_bits({"second": 2})
    assert small_model.bits == {"first": 8, "second": 2, "classifier": 5}
    levels = small_model.mac_units["second"].mac.weight.detach().flatten(1)
    assert all(len(channel.unique()) <= 4 for channel in levels)


def test_setting_the_same_bits_keeps_learned_steps(small_model: QuantizedModel) -> None:
    step = small_model.mac_units["second"].weight_quantizer.step
    with torch.no_grad():
        step.mul_(1.25)
    before = step.detach().clone()
    small_model.set_bits(small_model.bits)
    assert torch.equal(step, before)
    small_model.set_bits({"second": 4})
    assert not torch.equal(step, before)


@pytest.mark.parametrize("bits", [1, 9])
def test_a_width_out_of_range_changes_nothing(small_model: QuantizedModel, bits: int) -> None:
    before = small_model.bits
    with pytest.raises(BitWidthError, match=rf"layer 'second': {bits} bits; .* 2\.\.8"):
        small_model.set_bits({"first": 4, "second": bits})
    assert small_model.bits == before


def test_bits_for_a_layer_that_is_not_there(small_model: QuantizedModel) -> None:
    with pytest.raises(BitWidthError, match=r"no layer 'third' has weights; .*'first', 'second'"):
        small_model.set_bits({"third": 4})


def test_weights_that_are_not_finite(small_net: nn.Module) -> None:
    with torch.no_grad():
        small_net.get_parameter("second.weight")[0, 1, 2, 0] = float("nan")
    with pytest.raises(
        CheckpointError, match=r"SmallNet: 'second.weight' has 1 values that are NaN"
    ):
        prepare(small_net, EXAMPLE)


def test_a_snapshot_brings_everything_back(small_model: QuantizedModel) -> None:
    x = torch.randn(4, 1, 8, 8)
    bits, state, before = small_model.bits, small_model.snapshot(), small_model(x)
    small_model.set_bits(dict.fromkeys(bits, 2))
    with torch.no_grad():
        for parameter in small_model.parameters():
            parameter.add_(0.1)
    assert not torch.equal(small_model(x), before)
    small_model.restore(state, bits)
    assert torch.equal(small_model(x), before)
    assert small_model.bits == bits


def test_every_tensor_lies_on_an_8_bit_grid(
    small_model: QuantizedModel, small_data: Splits
) -> None:
    tensors = small_model.run(torch.from_numpy(small_data.test.images))
    assert list(tensors) == ["input", *(layer.name for layer in small_model.graph.layers)]
    for name, tensor in tensors.items():
        assert len(tensor.unique()) <= 256, name


def test_activation_bits_change_at_run_time(
    small_model: QuantizedModel, small_data: Splits
) -> None:
    eights = dict.fromkeys(["input", "first", "pool", "second", "add", "mean", "classifier"], 8)
    assert small_model.activation_bits == eights
    small_model.set_activation_bits({"first": 5, "add": 4, "classifier": 6, "input": 8})
    changed = eights | {"first": 5, "pool": 5, "add": 4, "classifier": 6}
    assert small_model.activation_bits == changed
    small_model.set_activation_bits(changed)
    tensors = small_model.run(torch.from_numpy(small_data.test.images))
    for name, tensor in tensors.items():
        assert len(tensor.unique()) <= 2 ** changed[name], name
    small_model.set_activation_bits({"pool": 7})
    assert small_model.activation_bits["first"] == 7


@pytest.mark.parametrize(
    ("bits", "match"),
    [
        ({"mean": 3}, r"tensor 'mean': 3 bits; activations .* in 4\.\.8"),
        ({"third": 4}, r"no tensor 'third'; choose from \['input', 'first', 'pool', 'second'"),
        ({"input": 4}, "tensor 'input': 4 bits; the codes of the network's input have 8"),
        (
            {"first": 4, "pool": 5},
            "tensor 'pool': 5 bits, and 4 for another tensor on the grid of 'first'; give both",
        ),
    ],
)
def test_activation_bits_that_are_refused_change_nothing(
    small_model: QuantizedModel, bits: dict[str, int], match: str
) -> None:
    before = small_model.activation_bits
    with pytest.raises(BitWidthError, match=match):
        small_model.set_activation_bits({"add": 4, **bits})
    assert small_model.activation_bits == before


def test_a_snapshot_keeps_activation_bits(small_model: QuantizedModel) -> None:
    x = torch.randn(4, 1, 8, 8)
    eight, at_eight = small_model.snapshot(), small_model(x)
    assert eight.keys() == small_model.state_dict().keys()
    small_model.set_activation_bits({"first": 5, "second": 4})
    narrow, at_narrow = small_model.snapshot(), small_model(x)
    widths = small_model.activation_bits
    assert not torch.equal(at_narrow, at_eight)
    small_model.restore(eight, small_model.bits)
    assert set(small_model.activation_bits.values()) == {8}
    assert torch.equal(small_model(x), at_eight)
    small_model.restore(narrow, small_model.bits)
    assert small_model.activation_bits == widths
    assert torch.equal(small_model(x), at_narrow)


def test_size_counts_weights_at_their_bits(small_model: QuantizedModel) -> None:
    counts = {"first": 36, "second": 144, "classifier": 40}
    assert small_model.weight_counts == counts
    assert small_model.size_ratio() == (36 * 8 + 144 * 3 + 40 * 5) / (220 * 8)
    assert size_ratio(counts, dict.fromkeys(counts, 8)) == 1


def test_a_network_without_weights() -> None:
    with pytest.raises(UnsupportedLayerError, match="AvgPool2d has no layer with weights"):
        prepare(nn.AvgPool2d(8), EXAMPLE)


class InPlaceSum(nn.Module):
    """Changes a tensor in place and reads it again: its trace reads the tensor as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3)
        self.second = nn.Conv2d(1, 4, 3)
        self.classifier = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = self.first(x)
        total.add_(self.second(x))
        return self.classifier(total.mean((2, 3)))


def test_a_trace_that_misses_an_operation_in_place_is_refused() -> None:
    torch.manual_seed(0)
    with pytest.raises(UnsupportedLayerError, match="InPlaceSum computes something else than its"):
        prepare(InPlaceSum(), torch.zeros(1, 1, 8, 8))
