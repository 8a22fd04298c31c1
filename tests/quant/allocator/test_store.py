import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from quant.allocator.store import EvaluationStore, content_key

FIGURES = {"accuracy": 0.1 + 0.2, "seconds": 1.5}
STATE = {"w": torch.tensor([1.0, 1e-30, -0.0]), "count": torch.tensor(3)}


def stored(folder: Path) -> EvaluationStore:
    store = EvaluationStore(folder / "run" / "evaluations")
    store.put("key", FIGURES, STATE)
    return store


def test_what_is_put_comes_back_exactly(tmp_path: Path) -> None:
    store = stored(tmp_path)
    assert store.get("key") == FIGURES
    state = store.state("key")
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[key], value) for key, value in STATE.items())
    assert sorted(path.suffix for path in store.folder.iterdir()) == [".json", ".safetensors"]


def test_what_was_never_put_is_absent(tmp_path: Path) -> None:
    store = EvaluationStore(tmp_path)
    assert store.get("key") is None
    with pytest.raises(KeyError, match="key"):
        store.state("key")


@pytest.mark.parametrize(
    "damage", ["json gone", "state gone", "json cut", "state changed", "figures changed"]
)
def test_half_written_or_damaged_entries_are_absent_and_can_be_put_again(
    tmp_path: Path, damage: str
) -> None:
    store = stored(tmp_path)
    figures, state = store.folder / "key.json", store.folder / "key.safetensors"
    if damage == "json gone":
        figures.unlink()
    elif damage == "state gone":
        state.unlink()
    elif damage == "json cut":
        figures.write_text(figures.read_text()[:-20])
    elif damage == "figures changed":
        figures.write_text(figures.read_text().replace("0.30", "0.90"))
    else:
        data = bytearray(state.read_bytes())
        data[-1] ^= 1
        state.write_bytes(data)
    assert store.get("key") is None
    store.put("key", FIGURES, STATE)
    assert store.get("key") == FIGURES


def test_keys_depend_on_content_alone() -> None:
    assert content_key({"a": 1, "b": [2, 3]}) == content_key({"b": [2, 3], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2})
    assert len(content_key({})) == 64


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", "1", '{"figures": {}, "state": 5, "sha256": ""}', '{"figures": 1}']
)
def test_json_of_another_form_is_absent(tmp_path: Path, text: str) -> None:
    store = stored(tmp_path)
    (store.folder / "key.json").write_text(text)
    assert store.get("key") is None


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    assert EvaluationStore(tmp_path / "none").get("key") is None
    assert not (tmp_path / "none").exists()


def test_what_killed_writers_left_is_removed_and_what_others_write_is_not(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = tmp_path / f"key.json.{process.pid}.part"
    others = tmp_path / f"key.json.{os.getppid()}.part"
    foreign = tmp_path / "download.part"
    for path in (left, others, foreign):
        path.write_text("{")
    EvaluationStore(tmp_path)
    assert not left.exists()
    assert others.exists()
    assert foreign.exists()


def test_a_claimed_key_is_computed_by_one_and_found_by_the_others(tmp_path: Path) -> None:
    code = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        from quant.allocator.store import EvaluationStore

        store = EvaluationStore(Path({str(tmp_path)!r}))
        with store.claimed("key"):
            if store.get("key") is None:
                time.sleep(0.5)
                store.put("key", {{"accuracy": 0.5}}, {{}})
                sys.stdout.write("computed ")
            else:
                sys.stdout.write("found ")
        """
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = sorted(process.communicate(timeout=60)[0] for process in processes)
    assert outputs == ["computed ", "found "]
    assert not list(tmp_path.glob("*.lock"))
