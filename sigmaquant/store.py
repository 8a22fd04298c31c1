"""Stored results: one folder each, with a checksummed result.json that is written last.

Layout: <build>/steps/<step>/<key>/result.json, and the step's own files beside it. Two keys never
share a folder. What training made is in <build>/evaluations, for all steps.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from sigmaquant import provenance
from sigmaquant.errors import StoreError
from sigmaquant.step import Result, Step

RESULT = "result.json"
EVALUATIONS = "evaluations"
KEY_DIGITS = 16


@dataclass(frozen=True)
class Place:
    """Where a step's result and files lie in one run, and what its key was made of.

    Settled when a run starts: a source that changes meanwhile must not move a step's folder.
    """

    folder: Path
    ingredients: dict[str, Any]

    @classmethod
    def of(cls, build: Path, step: Step[Any]) -> Self:
        """The place of a step in the build folder."""
        return cls(build / "steps" / step.name / step.key()[:KEY_DIGITS], step.ingredients())


def evaluations(build: Path) -> Path:
    """The folder of all trained allocations: budgets and seeds share what they have in common.

    Each lies there under a hash of all that it depends on, and only one process makes it.
    """
    return build / EVALUATIONS


def write_atomically(path: Path, text: str) -> None:
    """Writes a whole file or nothing: an interruption leaves the previous content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(step: Step[Result], place: Place, result: Result, seconds: float) -> None:
    """Stores a step's result and the checksums of its artifacts."""
    folder = place.folder
    content = {
        "step": step.name,
        "ingredients": place.ingredients,
        "seconds": round(seconds, 3),
        "artifacts": {name: provenance.file_sha256(folder / name) for name in step.artifacts},
        "result": result.model_dump(mode="json"),
    }
    envelope = {"sha256": provenance.json_sha256(content), **content}
    write_atomically(folder / RESULT, json.dumps(envelope, indent=1) + "\n")


def load(step: Step[Result], folder: Path) -> Result | None:
    """The stored result, or None where there is none.

    Raises StoreError naming the file and what is wrong with it.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    content = _read(path)
    for name, expected in content["artifacts"].items():
        _check_artifact(folder / name, expected)
    try:
        return step.result.model_validate(content["result"])
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise StoreError(f"{path}: damaged: no valid {where or 'content'}") from None


def seconds(folder: Path) -> float:
    """How long the stored step took when it was computed."""
    return float(_read(folder / RESULT)["seconds"])


def set_aside(folder: Path) -> Path:
    """Renames a damaged result, never over an older one; returns its new path."""
    path = folder / RESULT
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged{number}")).exists():
        number += 1
    return path.rename(kept)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        expected = content.pop("sha256")
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        raise StoreError(f"{path}: damaged: not a stored result") from None
    if provenance.json_sha256(content) != expected:
        raise StoreError(f"{path}: damaged: its checksum does not fit its content")
    return content


def _check_artifact(path: Path, expected: str) -> None:
    if not path.is_file():
        raise StoreError(f"{path}: missing, though its result is stored")
    if provenance.file_sha256(path) != expected:
        raise StoreError(f"{path}: damaged: its checksum differs from the stored one")
