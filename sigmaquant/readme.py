"""README.md's figures come from benchmarks/: written between two marks, and checked."""

import re
from pathlib import Path

from sigmaquant import digits_record
from sigmaquant.benchmark import ROOT
from sigmaquant.errors import ReadmeError
from sigmaquant.store import write_atomically

README = ROOT / "README.md"
_BEGIN = "<!-- figures: sigmaquant readme --write -->"
_END = "<!-- end of figures -->"
_MARKED = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)})", re.DOTALL)


def write(path: Path | None = None) -> None:
    """Puts the record's figures between the marks of README.md, or of another file."""
    write_atomically(path or README, _filled(path or README))


def check(path: Path | None = None) -> None:
    """Raises ReadmeError where the text between the marks is not what the record says."""
    path = path or README
    if path.read_text(encoding="utf-8") != _filled(path):
        raise ReadmeError(
            f"{path.name}: its figures differ from benchmarks/{digits_record.NAME}.json; "
            "run: sigmaquant readme --write"
        )


def _filled(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    figures = digits_record.markdown()
    filled, found = _MARKED.subn(lambda _: f"\n{figures.strip()}\n\n", text)
    if found != 1:
        raise ReadmeError(f"{path.name}: needs exactly one part between {_BEGIN} and {_END}")
    return filled
