import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigmaquant import cli, commands, outputs
from sigmaquant.arguments import build_parser
from sigmaquant.config import Configuration, flag
from sigmaquant.errors import StepError
from sigmaquant.findings import Findings

COMMANDS = (
    "demo",
    "allocate",
    "simulate",
    "synth",
    "sweep",
    "explore",
    "area",
    "networks",
    "fpga",
    "benchmark",
    "report",
    "train",
    "readme",
    "versions",
)


def failing(error: BaseException):
    def demo(*_: object, **__: object) -> None:
        raise error

    return demo


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    return text.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"example: sigmaquant {command}" in " ".join(text.split())


def test_help_names_every_setting_with_its_default(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        cli.main(["demo", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name in Configuration.model_fields:
        assert f"{flag(name)} VALUE" in text
    assert "(default: 1,2,3)" in text
    assert "(default: 0.4 where no other cost has a budget, else none)" in text


def test_examples_in_the_help_are_command_lines_that_parse():
    parser = build_parser()
    lines = parser.epilog.splitlines() if parser.epilog else []
    examples = [line.split("   ")[0].split() for line in lines if line.startswith("  sigmaquant")]
    assert len(examples) >= 4
    for _, *words in examples:
        parser.parse_args(words)


def test_a_bad_value_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["demo", "--size-ratio", "7"]) == 1
    assert complaint(capsys) == (
        "sigmaquant: error: --size-ratio: '7': input should be less than or equal to 1"
    )


def test_a_missing_configuration_file_is_one_line_and_exit_1(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["synth", "--config", "nowhere.toml"]) == 1
    assert complaint(capsys) == "sigmaquant: error: nowhere.toml: no such configuration file"


def test_a_missing_liberty_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    build = tmp_path / "build"
    assert cli.main(["demo", "--liberty", "no.lib", "--build", str(build)]) == 1
    assert "no.lib" in complaint(capsys)
    assert not (build / "steps").exists()


def test_a_missing_simulator_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    build = tmp_path / "build"
    assert cli.main(["simulate", "--simulator", "icarus", "--build", str(build)]) == 1
    assert "simulator icarus not found" in complaint(capsys)
    assert not (build / "steps").exists()


def test_an_interruption_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands.Run, "demo", failing(KeyboardInterrupt()))
    assert cli.main(["demo", "--seeds", "7", "--build", str(tmp_path)]) == 130
    assert complaint(capsys) == (
        "sigmaquant: interrupted; finished steps are kept, "
        f"go on with: sigmaquant demo --seeds 7 --build {tmp_path}"
    )


def test_an_error_of_a_room_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands.Run, "demo", failing(StepError("step x:\n  it broke")))
    assert cli.main(["demo", "--build", str(tmp_path)]) == 1
    assert complaint(capsys) == "sigmaquant: error: step x: it broke"


def test_a_full_disk_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "build/x")
    monkeypatch.setattr(commands.Run, "demo", failing(full))
    assert cli.main(["demo", "--build", str(tmp_path)]) == 1
    assert "No space left on device: 'build/x'" in complaint(capsys)


@pytest.mark.parametrize("bug", [ValueError("bug"), RuntimeError("bug"), KeyError("bug")])
def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: Exception):
    monkeypatch.setattr(commands.Run, "demo", failing(bug))
    with pytest.raises(type(bug), match="bug"):
        cli.main(["demo", "--build", str(tmp_path)])


def test_report_draws_the_last_demo_again(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    findings: Findings,
):
    monkeypatch.setenv("COLUMNS", "160")
    outputs.write(findings, tmp_path)
    page = (tmp_path / "report" / "index.html").read_text()
    for name in ("report/index.html", "summary.json"):
        (tmp_path / name).unlink()
    assert cli.main(["report", "--build", str(tmp_path)]) == 0
    assert (tmp_path / "report" / "index.html").read_text() == page
    assert json.loads((tmp_path / "summary.json").read_text())["int8_accuracy"] < 1
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("seed 3", "block3.conv2", "this network"))
    assert "= where the model agrees: 10 of 10 bit-exact" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no demo has finished here; run: sigmaquant demo"),
        ("{", "damaged; run `sigmaquant demo` again"),
        ("{}", "damaged; run `sigmaquant demo` again"),
    ],
)
def test_report_without_a_demo_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
):
    if content is not None:
        (tmp_path / "findings.json").write_text(content)
    assert cli.main(["report", "--build", str(tmp_path)]) == 1
    assert message in complaint(capsys)


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "sigmaquant", "versions"], capture_output=True, text=True, check=True
    )
    assert "amaranth" in done.stdout
    assert done.stderr == ""
