"""A step in a process of its own: several run side by side, and one can be stopped for good."""

import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sigmaquant import store
from sigmaquant.errors import StepError
from sigmaquant.step import Progress, Result, Step
from sigmaquant.store import Place

PATIENCE = 5.0  # seconds between asking a step to end and ending it


@dataclass(frozen=True)
class StoreContext:
    """What a running step sees (see `step.Context`): needs are read from the store."""

    places: Mapping[str, Place]
    folder: Path
    progress: Progress

    def result(self, step: Step[Result], /) -> Result:
        """The stored result of a step this one needs."""
        found = store.load(step, self.folder_of(step))
        if found is None:
            raise StepError(f"step {step.name} has no stored result")
        return found

    def folder_of(self, step: Step[Any], /) -> Path:
        """The folder of a step this one needs."""
        return self.places[step.name].folder


def compute(step: Step[Any], places: Mapping[str, Place], progress: Progress) -> None:
    """Runs a step in this process and stores its result in its place, by the step's name."""
    place = places[step.name]
    place.folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    result = step.compute(StoreContext(places, place.folder, progress))
    store.save(step, place, result, time.monotonic() - start)


class Worker:
    """A child process that computes one step.

    Parameters:
        step: what it computes.
        places: where it and what it needs lie, by the steps' names.
    """

    def __init__(self, step: Step[Any], places: Mapping[str, Place]):
        # Spawned, not forked: no thread or lock of this process is copied half-way.
        spawn = multiprocessing.get_context("spawn")
        self.step = step
        self.connection, theirs = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=_child, args=(step, places, theirs))
        self._process.start()
        theirs.close()

    def receive(self, progress: Progress) -> bool:
        """Takes one message; returns whether the step has ended.

        Raises what the step raised, and StepError where its process died.
        """
        try:
            kind, content = self.connection.recv()
        except EOFError:
            self._process.join()
            raise StepError(
                f"step {self.step.name}: its process ended by itself "
                f"(exit code {self._process.exitcode}); out of memory?"
            ) from None
        if kind == "progress":
            progress(*content)
            return False
        self._process.join()
        if kind == "error":
            raise content
        return True

    def stop(self) -> None:
        """Ends the process and all that it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.is_alive():
                _signal_group(self._process.pid, number)
                self._process.join(PATIENCE)
        self.connection.close()


def _signal_group(pid: int | None, number: signal.Signals) -> None:
    if pid is None:
        return
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # not yet a group of its own, or just gone
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def _child(step: Step[Any], places: Mapping[str, Place], connection: Connection) -> None:
    # A group of its own: Ctrl-C reaches the parent alone, which then stops this whole group.
    os.setpgrp()
    try:
        compute(step, places, _sender(connection))
    except Exception as error:
        connection.send(("error", _portable(error)))
    else:
        connection.send(("done", None))


def _sender(connection: Connection) -> Callable[[str, int, int], None]:
    def progress(label: str, done: int, total: int) -> None:
        connection.send(("progress", (label, done, total)))

    return progress


def _portable(error: Exception) -> Exception:
    """An error that survives the way to the parent, with its traceback as a note."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return StepError(f"{type(error).__name__}: {error}")
    return error
