from dataclasses import replace

import pytest
import torch
from torch import nn

from quant.errors import DataError
from quant.model import QuantizedModel
from quant.sensitivity.context import Context, as_float, quantized, run_from


def test_batches_are_equal_and_in_order(context: Context) -> None:
    batches = context.batches(64)
    assert [len(images) for images, _ in batches] == [54, 53, 53]
    assert torch.equal(torch.cat([images for images, _ in batches]), context.images)
    assert torch.equal(torch.cat([labels for _, labels in batches]), context.labels)


def test_it_needs_images_and_as_many_labels(context: Context) -> None:
    with pytest.raises(DataError, match="sensitivity needs at least one image"):
        replace(context, images=context.images[:0], labels=context.labels[:0])
    with pytest.raises(DataError, match="160 images but 159 labels; give one label an image"):
        replace(context, labels=context.labels[1:])


def test_as_float_is_the_float_network(context: Context, small_net: nn.Module) -> None:
    small_net.train()
    with torch.no_grad(), as_float(context.model, batch_statistics=True):
        logits = context.model(context.images)
        assert torch.allclose(logits, small_net(context.images), atol=1e-5)


@torch.no_grad()
def break_off(model: QuantizedModel, images: torch.Tensor, batch_statistics: bool) -> None:
    with as_float(model, batch_statistics=batch_statistics):
        model(images)
        model.set_bits({"first": 2})
        raise RuntimeError("on the way")


@pytest.mark.parametrize("batch_statistics", [True, False])
def test_as_float_leaves_no_trace(context: Context, *, batch_statistics: bool) -> None:
    model = context.model
    model.unit("pool").train()
    before, bits = model.snapshot(), model.bits
    training = [module.training for module in model.modules()]
    logits = model(context.images)
    with pytest.raises(RuntimeError, match="on the way"):
        break_off(model, context.images, batch_statistics)
    state = model.snapshot()
    assert all(torch.equal(value, state[key]) for key, value in before.items())
    assert model.bits == bits
    assert [module.training for module in model.modules()] == training
    assert [quantizer.mode for quantizer in model.activation_quantizers()] == ["on"] * 6
    assert all(unit.weight_quantizer.enabled for unit in model.mac_units.values())
    assert torch.equal(model(context.images), logits)


@pytest.mark.parametrize("name", ["first", "second", "classifier"])
def test_a_run_from_the_changed_layer_is_a_whole_run(context: Context, name: str) -> None:
    model = context.model
    with torch.no_grad():
        tensors = model.run(context.images)
        model.set_bits({name: 2})
        assert torch.equal(run_from(model, tensors, name), model(context.images))
        assert not torch.equal(model(context.images), tensors[model.graph.output].flatten(1))


def test_quantized_weights_are_those_of_the_model(context: Context) -> None:
    context.model.set_bits({"second": 4})
    unit = context.model.mac_units["second"]
    assert torch.equal(quantized(unit.float_weight, 4), unit.mac.weight)
