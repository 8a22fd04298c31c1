"""What all metrics have in common."""

from dataclasses import replace
from math import isfinite

import pytest
import torch

from quant.sensitivity import METRICS, Context

SLOW = ("output_kl", "fisher", "hessian")
# Where the error of the weights is all that changes with the width.
FALLING = ("weight_error", "weight_mse", "hessian")


@pytest.mark.parametrize("name", METRICS)
def test_every_layer_is_scored_and_the_model_left_alone(context: Context, name: str) -> None:
    model = context.model
    before, bits, logits = model.snapshot(), model.bits, model(context.images)
    scores = METRICS[name](context)
    assert list(scores) == list(bits)
    assert all(tuple(row) == context.widths for row in scores.values())
    assert all(isfinite(score) and score >= 0 for row in scores.values() for score in row.values())
    assert all(row[2] > row[8] for row in scores.values())
    state = model.snapshot()
    assert all(torch.equal(value, state[key]) for key, value in before.items())
    assert model.bits == bits
    assert torch.equal(model(context.images), logits)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert METRICS[name](context) == scores


@pytest.mark.parametrize("name", FALLING)
def test_damage_falls_with_bits(context: Context, name: str) -> None:
    for row in METRICS[name](replace(context, widths=tuple(range(2, 9)))).values():
        assert list(row.values()) == sorted(row.values(), reverse=True)


@pytest.mark.parametrize("name", SLOW)
def test_slow_metrics_report_to_the_end(context: Context, name: str) -> None:
    heard: list[tuple[str, int, int]] = []
    METRICS[name](replace(context, progress=lambda *step: heard.append(step)))
    total = heard[0][2]
    assert [done for _, done, _ in heard] == list(range(1, total + 1))


@pytest.mark.parametrize("name", SLOW)
def test_learned_steps_and_present_bits_do_not_matter(context: Context, name: str) -> None:
    scores = METRICS[name](context)
    context.model.set_bits({"first": 3, "second": 8})
    assert METRICS[name](context) == scores
