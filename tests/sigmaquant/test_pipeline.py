import pickle

import pytest

from sigmaquant.config import Configuration
from sigmaquant.pipeline import Pipeline
from sigmaquant.step import in_order


def keys(**changes: object) -> dict[str, str]:
    pipeline = Pipeline.of(Configuration.load(None, changes))
    return {step.name: step.key() for step in in_order(*pipeline.in_order())}


def changed(**changes: object) -> set[str]:
    before, after = keys(), keys(**changes)
    return {name for name in before if before[name] != after.get(name)}


def test_every_step_has_a_name_of_its_own_and_can_travel_to_a_process():
    steps = Pipeline.of(Configuration()).in_order()
    assert len({step.name for step in steps}) == len(steps)
    for step in steps:
        assert pickle.loads(pickle.dumps(step)).key() == step.key()


def test_needs_come_before_the_steps_that_have_them():
    done: set[str] = set()
    for step in in_order(*reversed(Pipeline.of(Configuration()).in_order())):
        assert {need.name for need in step.needs} <= done
        done.add(step.name)


def test_another_budget_keeps_what_does_not_depend_on_it():
    budget = changed(size_ratio=0.3)
    assert budget == {
        f"{step}-seed{seed}" for step in ("allocate", "golden") for seed in (1, 2, 3)
    } | {"simulate"}


ALLOCATED = {f"{step}-seed{seed}" for step in ("allocate", "golden") for seed in (1, 2, 3)}
UNIFORM = {f"uniform-{bits}bit-seed1" for bits in (8, 6, 4, 2)} | {
    f"uniform-8bit-seed{seed}" for seed in (2, 3)
}


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_bytes": 30_000},
        {"bops": 1e9},
        {"cycles": 2000},
        {"accuracy_drop": 0.02},
        {"widths": "2,8"},
        {"layers": "stem=8"},
        {"tied": "coupled"},
    ],
)
def test_what_is_asked_of_the_bits_changes_the_allocations_alone(changes: dict):
    assert changed(**changes) == ALLOCATED | {"simulate"}


@pytest.mark.parametrize("changes", [{"epochs": 3}, {"qat": "batch=32"}, {"mode": "published"}])
def test_training_changes_the_uniform_rivals_too(changes: dict):
    assert changed(**changes) == ALLOCATED | UNIFORM | {"simulate"}


def test_an_engine_counts_where_cycles_have_a_budget():
    other = {"array": "tiny", "baseline": "tiny_int8"}
    before, after = keys(cycles=2000), keys(cycles=2000, **other)
    assert all(before[f"allocate-seed{seed}"] != after[f"allocate-seed{seed}"] for seed in (1, 2))


def test_cycles_of_every_seed_are_asked_of_the_engine():
    pipeline = Pipeline.of(Configuration())
    assert [step.name for step in pipeline.fits] == [f"fit-seed{seed}" for seed in (1, 2, 3)]
    tiny = Pipeline.of(Configuration(array="tiny", baseline="tiny_int8"))
    assert tiny.fits[0].key() != pipeline.fits[0].key()


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"images": 2}, {"simulate"}),
        ({"baseline": "edge_int8"}, {"simulate", "synth-edge_int8_booth"}),
        ({"simulator": "icarus"}, {"simulate", "compile-engine-edge-verilator"}),
        ({"jobs": 3}, set()),
        ({"build": "elsewhere"}, set()),
        (
            {"array": "tiny", "baseline": "tiny_int8"},
            {"simulate", "compile-engine-edge-verilator", "synth-edge", "synth-edge_int8_booth"},
        ),
    ],
)
def test_a_setting_changes_only_the_steps_that_read_it(changes: dict, steps: set[str]):
    assert changed(**changes) == steps


def test_each_seed_is_allocated_and_compared_with_int8():
    names = set(keys(seeds="5,6"))
    assert {"allocate-seed5", "allocate-seed6", "golden-seed6", "uniform-8bit-seed6"} <= names
    assert {f"uniform-{bits}bit-seed5" for bits in (8, 6, 4, 2)} <= names
    assert "uniform-4bit-seed6" not in names
