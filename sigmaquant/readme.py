"""README.md's figures and the pages of docs/ come from benchmarks/: written, and checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sigmaquant import digits_record, resnet20_page, resnet20_record
from sigmaquant.benchmark import ROOT
from sigmaquant.errors import ReadmeError
from sigmaquant.store import write_atomically

README = ROOT / "README.md"
PAGE = ROOT / "docs" / "resnet20.md"
_COMMAND = "sigmaquant readme --write"


@dataclass(frozen=True)
class _Part:
    """A part of README.md between two marks, and what its record makes of it."""

    name: str
    begin: str
    end: str
    markdown: Callable[[], str]

    def fill(self, text: str, file: str) -> str:
        """`text` with the part as the record has it."""
        marked = re.compile(
            f"(?<={re.escape(self.begin)}\n).*?(?={re.escape(self.end)})", re.DOTALL
        )
        figures = self.markdown().strip()
        filled, found = marked.subn(lambda _: f"\n{figures}\n\n", text)
        if found != 1:
            raise ReadmeError(f"{file}: needs exactly one part between {self.begin} and {self.end}")
        return filled


def _resnet20() -> str:
    """Nothing where the benchmark was never run: it needs data that does not come with the tool."""
    return resnet20_page.readme() if resnet20_record.exists() else ""


_PARTS = (
    _Part(
        digits_record.NAME,
        f"<!-- figures: {_COMMAND} -->",
        "<!-- end of figures -->",
        digits_record.markdown,
    ),
    _Part(
        resnet20_record.NAME,
        f"<!-- resnet20: {_COMMAND} -->",
        "<!-- end of resnet20 -->",
        _resnet20,
    ),
)


def write(path: Path | None = None) -> None:
    """Puts the records' figures between the marks of README.md, or of another file, and the page.

    There is no page without its record.
    """
    path = path or README
    text = path.read_text(encoding="utf-8")
    for part in _PARTS:
        text = part.fill(text, path.name)
    write_atomically(path, text)
    if resnet20_record.exists():
        write_atomically(PAGE, resnet20_page.page())


def check(path: Path | None = None) -> None:
    """Raises ReadmeError where README.md or a page is not what the records say."""
    path = path or README
    text = path.read_text(encoding="utf-8")
    for part in _PARTS:
        if part.fill(text, path.name) != text:
            raise _differs(path, part.name)
    written = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    if written != (resnet20_page.page() if resnet20_record.exists() else ""):
        raise _differs(PAGE, resnet20_record.NAME)


def _differs(path: Path, record: str) -> ReadmeError:
    return ReadmeError(
        f"{path.name}: its figures differ from benchmarks/{record}.json; run: {_COMMAND}"
    )
