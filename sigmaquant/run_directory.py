"""The build folder: steps are computed once, side by side, and resumed after a stop."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from sigmaquant import store, worker
from sigmaquant.console import Console, Display
from sigmaquant.errors import BusyError, StepError, StoreError
from sigmaquant.step import Result, Step, in_order
from sigmaquant.store import Place
from sigmaquant.worker import Worker

TICK = 0.1  # seconds between two looks at the terminal


class RunDirectory:
    """Runs steps and keeps their results.

    Parameters:
        path: the build folder.
        console: where progress and notes go.
        jobs: steps computed at the same time; 1 computes them in this process.
        fresh: compute every step again, whatever is stored, once in all calls of `run`.
    """

    def __init__(self, path: Path, console: Console, *, jobs: int = 1, fresh: bool = False):
        self.path = path
        self._console = console
        self._jobs = jobs
        self._fresh = fresh
        self._places: dict[str, Place] = {}
        self._results: dict[str, Any] = {}
        self._settled: set[Path] = set()  # folders of steps that an earlier call has dealt with

    def folder_of(self, step: Step[Any]) -> Path:
        """The folder of a step that `run` has finished or found stored."""
        return self._places[step.name].folder

    def result(self, step: Step[Result]) -> Result:
        """The result of a step that `run` has finished or found stored."""
        return self._results[step.name]

    def run(self, *goals: Step[Any]) -> None:
        """Computes the goals and what they need; finished steps are taken from the store.

        Raises BusyError where another run holds the folder, and whatever a step raises: the
        steps finished before it stay stored.
        """
        with self._locked():
            if self._fresh and not self._settled:
                shutil.rmtree(store.evaluations(self.path), ignore_errors=True)
            steps = in_order(*goals)
            self._places |= {step.name: Place.of(self.path, step) for step in steps}
            titles = {
                step.name: f"[{number}/{len(steps)}] {step.title}"
                for number, step in enumerate(steps, start=1)
            }
            waiting = [step for step in steps if not self._is_stored(step, titles[step.name])]
            with self._console.display() as display:
                if self._jobs == 1:
                    self._compute_here(waiting, titles, display)
                else:
                    self._compute_side_by_side(waiting, titles, display)

    def _is_stored(self, step: Step[Any], title: str) -> bool:
        folder = self.folder_of(step)
        if folder in self._settled:
            return True
        if self._fresh:
            shutil.rmtree(folder, ignore_errors=True)
            return False
        try:
            found = store.load(step, folder)
        except StoreError as error:
            kept = store.set_aside(folder)
            self._console.note(f"{error}; kept as {kept.name}, computing the step again")
            return False
        if found is None:
            return False
        self._settle(step, found)
        self._console.skipped(title, store.seconds(folder))
        return True

    def _compute_here(
        self, steps: list[Step[Any]], titles: dict[str, str], display: Display
    ) -> None:
        for step in steps:
            progress = display.start(titles[step.name])
            worker.compute(step, self._places, progress)
            self._take(step, titles, display)

    def _compute_side_by_side(
        self, waiting: list[Step[Any]], titles: dict[str, str], display: Display
    ) -> None:
        running: dict[Worker, Any] = {}
        try:
            while waiting or running:
                for step in self._ready(waiting)[: self._jobs - len(running)]:
                    waiting.remove(step)
                    started = Worker(step, self._places)
                    running[started] = display.start(titles[step.name])
                for each in self._with_news(running):
                    if each.receive(running[each]):
                        del running[each]
                        each.stop()
                        self._take(each.step, titles, display)
        finally:
            for each in running:
                each.stop()

    def _ready(self, waiting: list[Step[Any]]) -> list[Step[Any]]:
        """The steps all of whose needs are there, in order."""
        return [step for step in waiting if all(need.name in self._results for need in step.needs)]

    def _with_news(self, running: dict[Worker, Any]) -> list[Worker]:
        by_connection = {each.connection: each for each in running}
        return [by_connection[one] for one in wait(list(by_connection), timeout=TICK)]  # pyright: ignore

    def _take(self, step: Step[Any], titles: dict[str, str], display: Display) -> None:
        """Reads a finished step's result back: this run uses what the next one will find."""
        found = store.load(step, self.folder_of(step))
        if found is None:
            raise StepError(f"step {step.name} ended without storing its result")
        self._settle(step, found)
        display.finish(titles[step.name])

    def _settle(self, step: Step[Result], found: Result) -> None:
        self._results[step.name] = found
        self._settled.add(self.folder_of(step))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the build folder: two runs writing the same files would damage both."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                owner = lock.read().strip() or "unknown"
                raise BusyError(
                    f"{self.path}: in use by another run (process {owner}); "
                    "wait for it or give this one its own --build folder"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
