"""A point's integer network; that the step's checks can fail is shown with made-up points."""

from pathlib import Path

import pytest

from quant.integer_network import load
from sigmaquant import layer_check, store
from sigmaquant.config import Configuration
from sigmaquant.errors import StepError
from sigmaquant.point_results import IntegerResult, PointResult
from sigmaquant.results import Accuracy
from sigmaquant.step import Step
from sigmaquant.steps import integers, point
from sigmaquant.store import Place
from sigmaquant.worker import StoreContext


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def configuration(build: Path) -> Configuration:
    return Configuration(search_steps=0, epochs=0, build=build)


@pytest.fixture(scope="module")
def source(configuration: Configuration) -> Step[PointResult]:
    return point.step(configuration, "uniform:4", 1, place="x")


@pytest.fixture(scope="module")
def found(source: Step[PointResult], build: Path) -> PointResult:
    place = Place(build / "point", {})
    return source.compute(StoreContext({source.name: place}, place.folder, lambda *_: None))


def compute(
    configuration: Configuration, source: Step[PointResult], found: PointResult, folder: Path
) -> IntegerResult:
    step = integers.step(configuration, source, images=4, code_slack=1, accuracy_slack=0.01)
    places = {source.name: Place(folder / "point", {}), step.name: Place(folder / "integers", {})}
    for place in places.values():
        place.folder.mkdir(parents=True)
    store.save(source, places[source.name], found, 0.0)
    return step.compute(StoreContext(places, places[step.name].folder, lambda *_: None))


def test_the_integer_network_does_what_the_point_does(
    tmp_path: Path, configuration: Configuration, source: Step[PointResult], found: PointResult
):
    result = compute(configuration, source, found, tmp_path)
    assert abs(result.golden_accuracy - found.accuracy.test) <= 0.01
    assert result.code_difference == max(result.layers.values()) <= 1
    network = load(tmp_path / "integers")
    assert set(result.layers) == {layer.name for layer in network.layers}


def test_accuracies_too_far_apart_are_an_error(
    tmp_path: Path, configuration: Configuration, source: Step[PointResult], found: PointResult
):
    wrong = found.model_copy(update={"accuracy": Accuracy(validation=0.5, test=0.5)})
    message = r"digits-4\.00bit-seed1: accuracy .*% in integers, 50\.00% fake-quantized: further"
    with pytest.raises(StepError, match=message):
        compute(configuration, source, wrong, tmp_path)


def test_a_layer_too_far_off_is_named(
    tmp_path: Path,
    configuration: Configuration,
    source: Step[PointResult],
    found: PointResult,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(layer_check, "largest_differences", lambda *_: {"stem": 1, "last": 2})
    message = r"layer 'last' is 2 codes from the fake-quantized one on equal input, more than 1"
    with pytest.raises(StepError, match=message):
        compute(configuration, source, found, tmp_path)
