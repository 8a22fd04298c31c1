import io

import pytest
from rich.console import Console as RichConsole

from sigmaquant import console as console_module
from sigmaquant.console import Console, duration


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    rich = RichConsole(file=file, width=100, force_terminal=terminal, legacy_windows=False)
    return Console(rich), file


def test_a_log_gets_plain_lines_and_no_more_than_one_an_interval(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(console_module.time, "monotonic", lambda: now)
    shown, file = console(terminal=False)
    with shown.display() as display:
        progress = display.start("[1/2] Work")
        for seconds in range(25):
            now = float(seconds)
            progress("round", seconds, 25)
        display.finish("[1/2] Work")
    assert file.getvalue().splitlines() == [
        "· [1/2] Work  ...",
        "· [1/2] Work  round 10/25",
        "· [1/2] Work  round 20/25",
        "✓ [1/2] Work  24.0 s",
    ]


def test_a_terminal_gets_a_bar_that_vanishes():
    shown, file = console(terminal=True)
    with shown.display() as display:
        progress = display.start("[1/1] Work")
        progress("round [a]", 3, 4)
        display.finish("[1/1] Work")
    assert "✓" in file.getvalue()
    assert "\x1b[" in file.getvalue()


def test_markup_in_names_is_text():
    shown, file = console(terminal=False)
    shown.note("folder [red] is [/bold] here")
    shown.say("[b]x")
    assert file.getvalue() == "note: folder [red] is [/bold] here\n[b]x\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (3599, "59 min 59 s")],
)
def test_durations_read_well(seconds: float, text: str):
    assert duration(seconds) == text
