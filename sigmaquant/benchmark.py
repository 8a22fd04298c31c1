"""Published figures: one JSON record each in benchmarks/, with all that made them."""

import json
import os
import platform
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sigmaquant import provenance
from sigmaquant.errors import StoreError
from sigmaquant.store import write_atomically

Figures = TypeVar("Figures", bound=BaseModel)
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
ROOMS = ("hw", "quant", "compiler", "sim", "synth", "sigmaquant")


def write_record(
    name: str,
    figures: Mapping[str, Any],
    command: str,
    inputs: Mapping[str, str],
    distributions: tuple[str, ...] = (),
) -> Path:
    """Writes benchmarks/<name>.json and returns its path.

    Parameters:
        name: of the record and its file.
        figures: JSON values; units are part of their names.
        command: the command line that made them.
        inputs: SHA-256 of every file they were made from, by a name without machine paths.
        distributions: optional ones that took part; their versions join those of the others.
    """
    record = {
        "name": name,
        "command": command,
        "figures": figures,
        "inputs": dict(inputs),
        "sources": {room: provenance.source_sha256(room) for room in ROOMS},
        "versions": provenance.versions((*provenance.DISTRIBUTIONS, *distributions)),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count()},
    }
    path = FOLDER / f"{name}.json"
    write_atomically(path, json.dumps(record, indent=2, allow_nan=False) + "\n")
    return path


def without_folders(command: str) -> str:
    """The command line without this machine's folders and without the build folder."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        if word == "--build":
            next(words, None)
            continue
        kind, colon, path = word.rpartition(":")
        kept.append(f"{kind}{colon}{Path(path).name}" if "/" in path else word)
    return shlex.join(kept)


def read_figures(name: str, model: type[Figures], again: str) -> tuple[dict[str, Any], Figures]:
    """The record benchmarks/<name>.json, and its figures as `model`.

    again: the command that makes it. StoreError where it is missing or of another version.
    """
    record = read_record(name)
    try:
        return record, model.model_validate(record.get("figures"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise StoreError(
            f"benchmarks/{name}.json: not as this version writes it ({place}: "
            f"{first['msg'][0].lower()}{first['msg'][1:]}); make it again: {again}"
        ) from None


def exists(name: str) -> bool:
    """Whether the record was ever made."""
    return (FOLDER / f"{name}.json").is_file()


def read_record(name: str) -> dict[str, Any]:
    """The record benchmarks/<name>.json.

    Raises StoreError where it is missing or no JSON.
    """
    path = FOLDER / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{path}: no such record; make it with the command in README.md") from None
    except ValueError as error:
        raise StoreError(f"{path}: not valid JSON: {error}") from None
