"""README.md's figures and the pages of docs/ come from benchmarks/: written, and checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sigmaquant import (
    benchmark,
    digits_record,
    explore_document,
    fpga_document,
    resnet20_page,
    resnet20_record,
)
from sigmaquant.benchmark import ROOT
from sigmaquant.errors import ReadmeError
from sigmaquant.store import write_atomically
from sigmaquant.synth_benchmark import page as synth_page
from sigmaquant.synth_benchmark import record as synth_record

README = ROOT / "README.md"
DOCS = ROOT / "docs"
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


@dataclass(frozen=True)
class _Page:
    """A page of docs/ of its own, and a part of README.md, from a record.

    Both are empty where the benchmark was never run: its data does not come with the tool.
    """

    name: str
    page: Callable[[], str]
    readme: Callable[[], str]

    @property
    def path(self) -> Path:
        """Where the page is."""
        return DOCS / f"{self.name}.md"

    def exists(self) -> bool:
        """Whether there is a record to make it from."""
        return benchmark.exists(self.name)

    def text(self) -> str:
        """The whole page."""
        return self.page() if self.exists() else ""

    def part(self) -> _Part:
        """The part of README.md."""
        return _Part(
            self.name,
            f"<!-- {self.name}: {_COMMAND} -->",
            f"<!-- end of {self.name} -->",
            lambda: self.readme() if self.exists() else "",
        )


PAGES = tuple(
    _Page(record.NAME, page.page, page.readme)
    for record, page in (
        (resnet20_record, resnet20_page),
        (synth_record, synth_page),
        (explore_document, explore_document),
        (fpga_document, fpga_document),
    )
)
_PARTS = (
    _Part(
        digits_record.NAME,
        f"<!-- figures: {_COMMAND} -->",
        "<!-- end of figures -->",
        digits_record.markdown,
    ),
    *(page.part() for page in PAGES),
)


def write(path: Path | None = None) -> None:
    """Puts the records' figures between the marks of README.md, or of another file, and the pages.

    There is no page without its record.
    """
    path = path or README
    text = path.read_text(encoding="utf-8")
    for part in _PARTS:
        text = part.fill(text, path.name)
    write_atomically(path, text)
    for page in PAGES:
        if page.exists():
            write_atomically(page.path, page.text())


def check(path: Path | None = None) -> None:
    """Raises ReadmeError where README.md or a page is not what the records say."""
    path = path or README
    text = path.read_text(encoding="utf-8")
    for part in _PARTS:
        if part.fill(text, path.name) != text:
            raise _differs(path, part.name)
    for page in PAGES:
        written = page.path.read_text(encoding="utf-8") if page.path.is_file() else ""
        if written != page.text():
            raise _differs(page.path, page.name)


def _differs(path: Path, record: str) -> ReadmeError:
    return ReadmeError(
        f"{path.name}: its figures differ from benchmarks/{record}.json; run: {_COMMAND}"
    )
