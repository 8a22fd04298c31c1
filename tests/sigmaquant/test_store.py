import json
from pathlib import Path

import pytest

from sigmaquant import store
from sigmaquant.errors import StoreError
from sigmaquant.step import Step
from tests.sigmaquant.sample_steps import Number, one, step


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Step[Number], Path]:
    sample = step("one", one)
    place = store.Place(tmp_path, sample.ingredients())
    store.save(sample, place, Number(value=5), 1.25)
    return sample, tmp_path


def test_a_result_comes_back_with_its_time(stored: tuple[Step[Number], Path]):
    sample, folder = stored
    assert store.load(sample, folder) == Number(value=5)
    assert store.seconds(folder) == 1.25


def test_nothing_stored_is_none(tmp_path: Path):
    assert store.load(step("one", one), tmp_path) is None


def test_a_result_says_what_it_was_made_of(stored: tuple[Step[Number], Path]):
    sample, folder = stored
    content = json.loads((folder / "result.json").read_text())
    assert content["ingredients"] == sample.ingredients()


def test_a_result_of_another_shape_is_refused(stored: tuple[Step[Number], Path]):
    sample, folder = stored

    class Other(Number):
        more: int

    changed = Step(name="one", title="One", result=Other, compute=sample.compute)  # pyright: ignore
    with pytest.raises(StoreError, match=r"result\.json: damaged: no valid more"):
        store.load(changed, folder)


def test_an_interrupted_write_leaves_the_former_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "result.json"
    store.write_atomically(path, "first")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write_atomically(path, "second")
    assert path.read_text() == "first"


def test_damaged_results_are_set_aside_one_beside_the_other(tmp_path: Path):
    for content in ("a", "b"):
        (tmp_path / "result.json").write_text(content)
        store.set_aside(tmp_path)
    kept = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert kept == ["a", "b"]
