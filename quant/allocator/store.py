"""Evaluations kept in the run folder under the hash of what defines them.

Each is two files, `<key>.safetensors` with the trained state and `<key>.json` with the figures and
the state's SHA-256, under a SHA-256 of both. The JSON is renamed into place last: an evaluation
exists when it does. What is incomplete or does not match its checksums counts as absent, and is
computed and written again.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor


def content_key(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of `content` as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class EvaluationStore:
    """A folder of evaluations, made by the first of them. Killed writers leave it usable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path in folder.glob("*.part"):
            process = path.stem.rpartition(".")[2]
            if process.isdecimal() and not _is_running(int(process)):
                path.unlink(missing_ok=True)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the figures stored under `key`, or None."""
        try:
            entry = json.loads(self._path(key, "json").read_text())
            state = self._path(key, "safetensors").read_bytes()
        except (OSError, ValueError):
            return None
        figures = entry.get("figures") if isinstance(entry, dict) else None
        return figures if entry == _entry(figures, state) else None

    def state(self, key: str) -> dict[str, Tensor]:
        """Return the trained state stored under `key`; KeyError where there is none."""
        if self.get(key) is None:
            raise KeyError(key)
        return load(self._path(key, "safetensors").read_bytes())

    def put(self, key: str, figures: Mapping[str, Any], state: Mapping[str, Tensor]) -> None:
        """Store `figures` (JSON values) and `state` under `key`."""
        data = save(dict(state))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write(self._path(key, "safetensors"), data)
        entry = _entry(dict(figures), data)
        self._write(self._path(key, "json"), json.dumps(entry, sort_keys=True, indent=1).encode())

    @contextmanager
    def claimed(self, key: str) -> Iterator[None]:
        """Hold `key` while it is computed: another process waits here, and then finds it stored."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key, "lock")
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        path.unlink(missing_ok=True)

    def resume_path(self, key: str) -> Path:
        """Return where the training of `key` keeps its state while it is under way."""
        return self._path(key, "training")

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}.{suffix}"

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
        temporary.write_bytes(data)
        temporary.replace(path)


def _entry(figures: Any, state: bytes) -> dict[str, Any]:
    content = {"figures": figures, "state": hashlib.sha256(state).hexdigest()}
    return content | {"sha256": content_key(content)}


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as somebody else
        pass
    return True
