from dataclasses import replace
from pathlib import Path

import pytest

from quant.allocator import Accuracy as Measured
from quant.allocator import Allocation, AllocatorSettings, Final, Round, SearchCost
from quant.data import digits
from sigmaquant.config import Configuration
from sigmaquant.point_results import PointResult
from sigmaquant.step import Step
from sigmaquant.steps import point
from sigmaquant.steps.point_record import of_allocation
from sigmaquant.store import Place
from sigmaquant.worker import StoreContext

QUICK = {"search_steps": 1, "epochs": 0.1, "accuracy_drop": 0.5, "size_ratio": 0.4}


def asked(folder: Path, **changes: object) -> Configuration:
    return Configuration.model_validate({**QUICK, "build": folder} | changes)


def compute(step: Step[PointResult], folder: Path) -> PointResult:
    places = {step.name: Place(folder, {})}
    return step.compute(StoreContext(places, folder, lambda *_: None))


def a_round(phase: int, number: int, bits: int, key: str) -> Round:
    return Round(
        phase=phase,
        round=number,
        bits={"a": bits},
        accuracy=0.9,
        divergence=number / 10,
        size_ratio=bits / 8,
        zone="target",
        action="",
        qat_epochs=2.0**number,
        seconds=10.0**number,
        evaluation=key,
    )


def allocation(mode: str, kept: str) -> Allocation:
    """Rounds of 1, 2, 4 epochs, the second the best, then 8 epochs of fine-tuning."""
    rounds = (
        a_round(1, 0, 8, "start"),
        a_round(1, 1, 4, "best"),
        a_round(2, 2, 2, "worse"),
        a_round(3, 3, 4, "tuned"),
    )
    settings = replace(AllocatorSettings(), mode="published" if mode == "published" else "measured")
    return Allocation(
        seed=1,
        settings=settings,
        float_accuracy=Measured(validation=0.9, test=0.9),
        met=True,
        reason="met",
        trajectory=rounds,
        layers=(),
        costs=(),
        frontier=(),
        search=SearchCost(qat_epochs=7, cpu_seconds=111),
        final=Final(
            validation_accuracy=0.9,
            test_accuracy=0.8,
            size_ratio=0.5,
            mean_bits=4,
            evaluation=kept,
        ),
    )


@pytest.mark.parametrize(
    ("mode", "kept", "epochs", "seconds"),
    [
        ("measured", "tuned", 2 + 8, 1010),
        ("measured", "best", 2, 10),
        ("published", "tuned", 1 + 2 + 8, 1011),
        ("published", "best", 1 + 2, 11),
    ],
)
def test_training_is_what_is_in_the_kept_weights(
    mode: str, kept: str, epochs: float, seconds: float
):
    fields = of_allocation(allocation(mode, kept))
    assert (fields["qat_epochs"], fields["cpu_seconds"]) == (epochs, seconds)
    assert fields["divergence"] == (0.3 if kept == "tuned" else 0.1)


@pytest.mark.parametrize("method", ["sigmaquant", "published", "uniform:4", "random"])
def test_a_point_of_every_kind_of_method(tmp_path: Path, method: str):
    configuration = asked(tmp_path, bops=20_000_000)
    found = compute(point.step(configuration, method, 1, place="x"), tmp_path / "one")
    assert (found.method, found.seed, found.size_budget) == (method, 1, 0.4)
    assert found.mean_bits == pytest.approx(8 * found.size_ratio)
    assert (found.search is not None) == (method in ("sigmaquant", "published"))
    assert (found.met is None) == (found.search is None)
    assert [cost.unit for cost in found.costs] == ["BOPs"]
    if method != "uniform:4":
        assert found.size_ratio <= 0.4
    else:
        assert set(found.bits.values()) == {4}


def test_a_result_does_not_depend_on_the_folder_of_the_step(tmp_path: Path):
    step = point.step(asked(tmp_path), "random", 1, place="x")
    first = compute(step, tmp_path / "one")
    stored = sorted(path.name for path in (tmp_path / "evaluations").iterdir())
    assert compute(step, tmp_path / "two") == first
    assert sorted(path.name for path in (tmp_path / "evaluations").iterdir()) == stored


def test_the_published_search_has_the_stated_schedule():
    configuration, data = Configuration(), digits.load()
    found = point.settings(configuration, data, "published", None)
    assert (found.mode, found.cluster_rounds, found.refine_rounds) == ("published", 3, 6)
    assert (found.cluster_epochs, found.refine_epochs) == (0.25, 0.25)
    ours = point.settings(configuration, data, "sigmaquant", 0)
    assert (ours.mode, ours.search_rounds) == ("measured", 0)
    assert point.settings(configuration, data, "sigmaquant", None).search_rounds == 2


def test_what_differs_has_another_key():
    base = Configuration()
    steps = [
        point.step(base, "random", 1, place="x"),
        point.step(base, "random", 2, place="x"),
        point.step(base, "entropy", 1, place="x"),
        point.step(base, "random", 1, place="x", search_rounds=0),
        point.step(base.model_copy(update={"size_ratio": 0.3}), "random", 1, place="x"),
        point.step(base.model_copy(update={"epochs": 0.75}), "random", 1, place="x"),
        point.step(base.model_copy(update={"accuracy_drop": 0.02}), "random", 1, place="x"),
    ]
    assert len({step.key() for step in steps}) == len(steps)
