"""The terminal: bars where a person looks on, plain lines where a log is kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from sigmaquant.step import Progress as Callback
from sigmaquant.tables import Table

LOG_INTERVAL = 10.0  # seconds between two progress lines of one step in a log


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


class Display(Protocol):
    """Shows the steps that run now."""

    def start(self, title: str) -> Callback:
        """A step starts; returns its progress callback (label, done, total)."""
        ...

    def finish(self, title: str) -> None:
        """A step has ended well."""
        ...


class Console:
    """Lines, tables and running steps.

    Parameters:
        rich: the terminal or log to write to.
    """

    def __init__(self, rich: RichConsole):
        self.rich = rich

    def say(self, text: str) -> None:
        """One line of result."""
        self.rich.print(escape(text), highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """One line the user should read."""
        self.rich.print(f"[yellow]note:[/] {escape(text)}", highlight=False, soft_wrap=True)

    def table(self, table: Table, title: str) -> None:
        """A table of results with its title."""
        self.rich.print()
        self.rich.print(table.rich(title))

    def line(self, sign: str, title: str, remark: str, *, style: str = "dim") -> None:
        """One line about a step."""
        text = f"[{style}]{sign}[/] {escape(title)}  [dim]{escape(remark)}[/]"
        self.rich.print(text, highlight=False, soft_wrap=True)

    def skipped(self, title: str, seconds: float) -> None:
        """A step whose result is stored."""
        self.line("=", title, f"stored, took {duration(seconds)}")

    @contextmanager
    def display(self) -> Iterator[Display]:
        """Shows running steps: bars on a terminal, plain lines elsewhere."""
        if not self.rich.is_terminal:
            yield _Log(self)
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[label]}"),
        )
        with Progress(*columns, console=self.rich, transient=True) as progress:
            yield _Bars(self, progress)


class _Bars:
    """One bar per running step; it pulses until the step says how much there is."""

    def __init__(self, console: Console, progress: Progress):
        self._console = console
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def start(self, title: str) -> Callback:
        task = self._progress.add_task(escape(title), total=None, label="")
        self._tasks[title] = task

        def callback(label: str, done: int, total: int) -> None:
            self._progress.update(task, completed=done, total=total or None, label=escape(label))

        return callback

    def finish(self, title: str) -> None:
        task = self._tasks.pop(title)
        elapsed = next(each.elapsed for each in self._progress.tasks if each.id == task)
        self._progress.remove_task(task)
        self._console.line("✓", title, duration(elapsed or 0.0), style="green")


class _Log:
    """A line when a step starts and ends, and one every `LOG_INTERVAL` seconds between."""

    def __init__(self, console: Console):
        self._console = console
        self._starts: dict[str, float] = {}

    def start(self, title: str) -> Callback:
        self._console.line("·", title, "...")
        self._starts[title] = last = time.monotonic()

        def callback(label: str, done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= LOG_INTERVAL:
                last = time.monotonic()
                self._console.line("·", title, f"{label} {done}/{total}")

        return callback

    def finish(self, title: str) -> None:
        elapsed = time.monotonic() - self._starts.pop(title)
        self._console.line("✓", title, duration(elapsed), style="green")
