import io

from rich.console import Console as RichConsole

from sigmaquant.console import Console
from sigmaquant.engine_results import EngineFit
from sigmaquant.outputs import explain_fits


def test_a_reason_is_told_once_and_only_where_there_is_one():
    file = io.StringIO()
    reasons = ("too large", "", "too large", "too wide")
    fits = [
        EngineFit(engine="edge", cycles=None if reason else 9, reason=reason) for reason in reasons
    ]
    explain_fits(fits, Console(RichConsole(file=file, width=80)))
    told = [line for line in file.getvalue().splitlines() if "not on the engine: " in line]
    assert [line.rpartition(": ")[2].strip() for line in told] == ["too large", "too wide"]
