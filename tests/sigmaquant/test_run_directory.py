import io
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from sigmaquant.console import Console
from sigmaquant.errors import BusyError, StepError, StoreError
from sigmaquant.run_directory import RunDirectory
from sigmaquant.step import Step
from sigmaquant.store import Place, evaluations
from sigmaquant.worker import Worker
from tests.sigmaquant import sample_steps as sample

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def children_find_the_sample_steps(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT)


class Run:
    """One run in a folder; `text` is what it said."""

    def __init__(self, path: Path, *, jobs: int = 1, fresh: bool = False):
        self.file = io.StringIO()
        console = Console(RichConsole(file=self.file, width=200))
        self.directory = RunDirectory(path, console, jobs=jobs, fresh=fresh)

    def __call__(self, *goals: Step) -> "Run":
        self.directory.run(*goals)
        return self

    @property
    def text(self) -> str:
        return self.file.getvalue()

    def runs(self, step: Step) -> int:
        return int((self.directory.folder_of(step) / "runs").read_text())


def test_a_finished_step_is_not_computed_again(tmp_path: Path):
    step = sample.step("one", sample.one)
    assert Run(tmp_path)(step).directory.result(step).value == 1
    second = Run(tmp_path)(step)
    assert second.directory.result(step).value == 1
    assert second.runs(step) == 1
    assert "= [1/1] One  stored" in second.text


def test_fresh_computes_again(tmp_path: Path):
    step = sample.step("one", sample.one)
    (Run(tmp_path)(step).directory.folder_of(step) / "runs").write_text("7")
    again = Run(tmp_path, fresh=True)(step)
    assert again.runs(step) == 1
    assert "stored" not in again.text


def test_fresh_computes_once_in_all_calls(tmp_path: Path):
    step = sample.step("one", sample.one)
    again = Run(tmp_path, fresh=True)(step)
    trained = evaluations(tmp_path) / "key.json"
    trained.parent.mkdir(exist_ok=True)
    trained.touch()
    again(sample.total("total", step))
    assert again.runs(step) == 1
    assert trained.exists()


def test_fresh_trains_again(tmp_path: Path):
    """What training made is shared by all steps: a fresh run must not find it."""
    step = sample.step("one", sample.one)
    trained = evaluations(tmp_path) / "key.json"
    trained.parent.mkdir()
    trained.touch()
    Run(tmp_path)(step)
    assert trained.exists()
    Run(tmp_path, fresh=True)(step)
    assert not trained.exists()


def test_other_inputs_are_another_result_and_the_first_one_stays(tmp_path: Path):
    few, many = (sample.step("one", sample.one, inputs={"size": size}) for size in (1, 2))
    Run(tmp_path)(few)
    other = Run(tmp_path)(many)
    again = Run(tmp_path)(few)
    assert again.directory.folder_of(few) != other.directory.folder_of(many)
    assert again.runs(few) == other.runs(many) == 1


def test_a_changed_need_changes_what_depends_on_it():
    totals = [
        sample.total("total", sample.step("one", sample.one, inputs={"size": size}))
        for size in (1, 1, 2)
    ]
    assert totals[0].key() == totals[1].key() != totals[2].key()


def test_needs_run_first_and_hand_their_results_on(tmp_path: Path):
    one, other = sample.step("one", sample.one), sample.step("other", sample.one)
    total = sample.total("total", one, other)
    run = Run(tmp_path)(total)
    assert run.directory.result(total).value == 2
    assert [line.split()[2] for line in run.text.splitlines() if "✓" in line] == [
        "One",
        "Other",
        "Total",
    ]


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: text[:40], "damaged: not a stored result"),
        (lambda text: text.replace('"value": 1', '"value": 2'), "its checksum does not fit"),
        (lambda _: "[]", "damaged: not a stored result"),
        (lambda _: "", "damaged: not a stored result"),
    ],
)
def test_a_damaged_result_is_named_kept_and_computed_again(tmp_path: Path, damage, complaint: str):
    step = sample.step("one", sample.one)
    path = Run(tmp_path)(step).directory.folder_of(step) / "result.json"
    path.write_text(damage(path.read_text()))
    broken = path.read_text()
    run = Run(tmp_path)(step)
    notes = [line for line in run.text.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert str(path) in notes[0]
    assert complaint in notes[0]
    assert path.with_name("result.json.damaged1").read_text() == broken
    assert run.directory.result(step).value == 1
    assert run.runs(step) == 2


def test_a_damaged_or_missing_artifact_is_named_and_computed_again(tmp_path: Path):
    step = sample.step("one", sample.with_artifact, artifacts=("data.bin",))
    data = Run(tmp_path)(step).directory.folder_of(step) / "data.bin"
    data.write_bytes(b"spoiled")
    run = Run(tmp_path)(step)
    assert "data.bin: damaged: its checksum differs from the stored one" in run.text
    assert data.read_bytes() == b"precious"
    data.unlink()
    run = Run(tmp_path)(step)
    assert "data.bin: missing, though its result is stored" in run.text
    assert run.runs(step) == 3


def test_an_interrupted_run_keeps_what_is_finished_and_goes_on(tmp_path: Path):
    first, second = sample.step("one", sample.one), sample.step("resume", sample.resume)
    goal = sample.total("total", first, second)
    with pytest.raises(KeyboardInterrupt):
        Run(tmp_path)(goal)
    run = Run(tmp_path)(goal)
    assert run.directory.result(goal).value == 43
    assert run.runs(first) == 1
    assert "= [1/3] One  stored" in run.text


def test_a_source_that_changes_during_a_run_does_not_move_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The parent settles every place; a child that hashes the sources anew finds the same."""
    one = sample.step("one", sample.one)
    goal = sample.total("total", one)
    keys = iter(range(100))
    monkeypatch.setattr(Step, "key", lambda _: f"{next(keys):016d}")
    assert Run(tmp_path)(goal).directory.result(goal).value == 1


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path):
    held = Run(tmp_path)
    message = re.escape(f"{tmp_path}: in use by another run (process {os.getpid()}); wait for it")
    with held.directory._locked(), pytest.raises(BusyError, match=message):
        Run(tmp_path)(sample.step("one", sample.one))
    Run(tmp_path)(sample.step("one", sample.one))


def test_steps_that_do_not_need_each_other_run_at_the_same_time(tmp_path: Path):
    place = tmp_path / "place"
    place.mkdir()
    here, there = (sample.step(name, partial(sample.meet, place)) for name in ("here", "there"))
    goal = sample.total("total", here, there)
    run = Run(tmp_path / "build", jobs=2)(goal)
    assert run.directory.result(goal).value == 2
    assert sum("✓" in line for line in run.text.splitlines()) == 3


def test_an_error_of_a_child_reaches_the_user_and_stops_the_others(tmp_path: Path):
    sleeper, refused = sample.step("sleep", sample.sleep), sample.step("refuse", sample.refuse)
    run = Run(tmp_path, jobs=2)
    with pytest.raises(StoreError, match="no such thing; get one") as caught:
        run(sleeper, refused)
    assert "sample_steps.py" in caught.value.__notes__[0]
    assert not alive(run.directory.folder_of(sleeper) / "pid")


def alive(pid_file: Path) -> bool:
    if not pid_file.exists():
        return False
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_a_bug_in_a_child_keeps_its_traceback(tmp_path: Path):
    with pytest.raises(ZeroDivisionError, match="a bug") as caught:
        Run(tmp_path, jobs=2)(sample.step("stumble", sample.stumble))
    assert "in stumble" in caught.value.__notes__[0]


def test_an_error_that_cannot_travel_is_told_all_the_same(tmp_path: Path):
    with pytest.raises(StepError, match="UnportableError: 1 2"):
        Run(tmp_path, jobs=2)(sample.step("unportable", sample.unportable))


def test_a_child_that_dies_is_named(tmp_path: Path):
    with pytest.raises(StepError, match=r"step die: its process ended by itself \(exit code 9\)"):
        Run(tmp_path, jobs=2)(sample.step("die", sample.die))


def test_stopping_ends_a_child_and_its_group(tmp_path: Path):
    step = sample.step("sleep", sample.sleep)
    child = Worker(step, {step.name: Place.of(tmp_path, step)})
    pid = next(iter_until(tmp_path.rglob, "pid"))
    child.stop()
    assert not alive(pid)


def iter_until(glob, pattern: str):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [path for path in glob(pattern) if path.read_text()]
        if found:
            yield found[0]
        time.sleep(0.02)
    raise AssertionError(f"no {pattern} within 30 s")


# A shell's background job is born with SIGINT ignored; at a terminal it is not.
SCRIPT = """
import signal
import sys
from pathlib import Path
from rich.console import Console as RichConsole
from sigmaquant.console import Console
from sigmaquant.run_directory import RunDirectory
from tests.sigmaquant import sample_steps as sample

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    steps = sample.step("one", sample.one), sample.step("sleep", sample.sleep)
    RunDirectory(Path(sys.argv[1]), Console(RichConsole()), jobs=2).run(*steps)
"""


def test_ctrl_c_ends_a_run_and_its_children(tmp_path: Path):
    script, build = tmp_path / "script.py", tmp_path / "build"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, script, build],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pid = next(iter_until(build.rglob, "pid"))
    next(iter_until(build.rglob, "result.json"))
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in complaint
    assert not alive(pid)
    run = Run(build)(sample.step("one", sample.one))
    assert "stored" in run.text
