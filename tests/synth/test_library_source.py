import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from synth import library_source
from synth.errors import LibertyError
from synth.library_source import HOW_TO, locate

PACKAGE = library_source.DEFAULT_PACKAGE
CONTENT = b"library (default) { }\n"


class FakeTools:
    """Stands for apt-get and dpkg-deb: records commands, leaves a package, unpacks to `content`."""

    def __init__(self, content: bytes = CONTENT, failing: tuple[str, ...] = ()):
        self.content, self.failing = content, failing
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], folder: Path) -> bytes:
        self.commands.append(command)
        own_lists = "-o" in command
        word = (
            f"{'own ' if own_lists else ''}{command[-1] if command[-1] == 'update' else command[0]}"
        )
        if word in self.failing:
            raise LibertyError(f"{word} failed")
        if command[-1] == PACKAGE:
            (folder / f"{PACKAGE}_1_all.deb").touch()
        return self._tar() if command[0] == "dpkg-deb" else b""

    def _tar(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            member = tarfile.TarInfo(library_source.DEFAULT_MEMBER)
            member.size = len(self.content)
            tar.addfile(member, io.BytesIO(self.content))
        return buffer.getvalue()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    def install(tools: FakeTools) -> FakeTools:
        monkeypatch.setattr(library_source, "_run", tools)
        monkeypatch.setattr(library_source.shutil, "which", lambda tool: f"/usr/bin/{tool}")
        digest = hashlib.sha256(CONTENT).hexdigest()
        monkeypatch.setattr(library_source, "DEFAULT_SHA256", digest)
        return tools

    return install


def test_own_library_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.lib"
    own.touch()

    assert locate(own, tmp_path / "cache") == own.resolve()
    assert not (tmp_path / "cache").exists()


def test_missing_own_library_tells_what_to_give(tmp_path: Path) -> None:
    message = (
        r"^there is no liberty file .*none\.lib: give a standard-cell library with "
        r"LIBERTY=path/to/cells\.lib \(or \.lib\.gz\)$"
    )
    with pytest.raises(LibertyError, match=message):
        locate(tmp_path / "none.lib", tmp_path)


def test_damaged_gzip_is_named(tmp_path: Path) -> None:
    packed = tmp_path / "cells.lib.gz"
    packed.write_bytes(b"\x1f\x8b not gzip")
    with pytest.raises(
        LibertyError, match=r"^cannot decompress the liberty file .*cells\.lib\.gz: "
    ):
        locate(packed, tmp_path)


@pytest.mark.parametrize("missing", ["apt-get", "dpkg-deb"])
def test_without_a_package_tool_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(
        library_source.shutil, "which", lambda tool: None if tool == missing else tool
    )
    with pytest.raises(LibertyError) as failure:
        locate(None, tmp_path)
    expected = f"cannot fetch the default library {PACKAGE}: there is no {missing} here; {HOW_TO}"
    assert str(failure.value) == expected


def test_default_is_fetched_once(tmp_path: Path, use) -> None:
    tools = use(FakeTools())
    seen: list[tuple[str, int, int]] = []

    first = locate(None, tmp_path / "cache", lambda *step: seen.append(step))
    commands = len(tools.commands)
    second = locate(None, tmp_path / "cache")

    assert first == second
    assert first.read_bytes() == CONTENT
    assert len(tools.commands) == commands == 2
    assert [step[1:] for step in seen] == [(0, 1), (1, 1)]


def test_damaged_copy_in_the_cache_is_fetched_again(tmp_path: Path, use) -> None:
    tools = use(FakeTools())
    path = locate(None, tmp_path)
    path.write_bytes(b"half a file")

    assert locate(None, tmp_path).read_bytes() == CONTENT
    assert len(tools.commands) == 4


class FailsWithSystemLists(FakeTools):
    """Without package lists, only a download with lists of one's own succeeds."""

    def __call__(self, command: list[str], folder: Path) -> bytes:
        if command == ["apt-get", "download", PACKAGE]:
            self.commands.append(command)
            raise LibertyError("Unable to locate package")
        return super().__call__(command, folder)


def test_without_package_lists_own_ones_are_fetched(tmp_path: Path, use) -> None:
    tools = use(FailsWithSystemLists())

    assert locate(None, tmp_path).read_bytes() == CONTENT
    _, update, download, _ = tools.commands
    assert (update[0], update[-1]) == ("apt-get", "update")
    assert (download[0], download[-2:]) == ("apt-get", ["download", PACKAGE])
    assert update[1:-1] == download[1:-2]
    assert any(option.startswith("Dir::State::Lists=") for option in update)


def test_failed_update_is_the_reason_told(tmp_path: Path, use) -> None:
    use(FailsWithSystemLists(failing=("own update", "own apt-get")))
    with pytest.raises(LibertyError, match=r"^own update failed$"):
        locate(None, tmp_path)


def test_wrong_content_is_refused_and_not_kept(tmp_path: Path, use) -> None:
    use(FakeTools(content=b"another library"))
    with pytest.raises(LibertyError, match=r"has sha256 [0-9a-f]{64}, not [0-9a-f]{64}; give a"):
        locate(None, tmp_path)
    assert list(tmp_path.iterdir()) == []
