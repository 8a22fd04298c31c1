import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from quant.sensitivity.context import Context, as_float
from quant.sensitivity.hessian import hessian, hessian_traces
from quant.sensitivity.weight_error import squared_error


def exact_trace(context: Context, name: str) -> float:
    """The trace of a layer's block, from the whole block."""
    model = context.model
    weight = model.mac_units[name].float_weight
    key = next(key for key, value in model.named_parameters() if value is weight)

    def loss(values: Tensor) -> Tensor:
        return F.cross_entropy(
            functional_call(model, {key: values}, context.images), context.labels
        )

    with as_float(model):
        block = torch.autograd.functional.hessian(loss, weight.detach())
    assert isinstance(block, Tensor)
    return float(block.reshape(weight.numel(), weight.numel()).trace())


def test_the_estimate_for_a_single_layer(linear: Context) -> None:
    (name,) = linear.model.bits
    trace = hessian_traces(linear, probes=1000)[name]
    assert trace == pytest.approx(exact_trace(linear, name), rel=0.03)


def test_the_estimates_for_the_layers_of_a_network(context: Context) -> None:
    traces = hessian_traces(context, probes=15)
    for name, trace in traces.items():
        assert trace == pytest.approx(exact_trace(context, name), rel=0.1)


def test_seeds_make_the_probes(context: Context) -> None:
    first = hessian_traces(context, seed=1)
    assert first == hessian_traces(context, seed=1)
    assert first != hessian_traces(context, seed=2)


def test_damage_is_the_mean_trace_times_the_squared_error(context: Context) -> None:
    traces = hessian_traces(context, probes=4, seed=7)
    weight = context.model.mac_units["classifier"].float_weight.detach()
    expected = traces["classifier"] / 40 * squared_error(weight, 3)
    assert hessian(context, probes=4, seed=7)["classifier"][3] == pytest.approx(expected)


def test_a_negative_estimate_counts_as_zero(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces = dict.fromkeys(context.model.bits, -1.0)
    module = importlib.import_module("quant.sensitivity.hessian")
    monkeypatch.setattr(module, "hessian_traces", lambda *_, **__: traces)
    assert hessian(context)["first"] == dict.fromkeys(context.widths, 0.0)
