"""Where the liberty file comes from: the user's own, or the default one out of Debian's archive.

The default is the OSU 0.18 um library as packaged in `qflow-tech-osu018`. It is fetched as an
ordinary user through the system's own apt configuration and checked against a fixed sha256.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from quant.progress import Progress
from synth.errors import LibertyError

DEFAULT_PACKAGE = "qflow-tech-osu018"
DEFAULT_MEMBER = "./usr/share/qflow/tech/osu018/osu018_stdcells.lib"
DEFAULT_NAME = "osu018_stdcells"
DEFAULT_SHA256 = "86f79b2000f1ac46715a9f6dfd5f5a596906418e9ee8a8611077bbaaad3de4e9"
HOW_TO = "give a standard-cell library with LIBERTY=path/to/cells.lib (or .lib.gz)"
_TIMEOUT_S = 300


def locate(liberty: str | Path | None, cache: Path, progress: Progress | None = None) -> Path:
    """Path of the plain-text liberty file to use; fetched or decompressed files go to `cache`.

    liberty: the user's file (plain or .gz), or None for the default library.
    Raises LibertyError, in one line that tells how to get a library, when there is none.
    """
    if liberty:
        return _own(Path(liberty), cache)
    target = cache / Path(DEFAULT_MEMBER).name
    if not (target.is_file() and _sha256(target.read_bytes()) == DEFAULT_SHA256):
        if progress:
            progress("fetch the default cell library", 0, 1)
        _write(target, _fetch())
        if progress:
            progress("fetch the default cell library", 1, 1)
    return target


def _own(path: Path, cache: Path) -> Path:
    if not path.is_file():
        raise LibertyError(f"there is no liberty file {path}: {HOW_TO}")
    if path.suffix != ".gz":
        return path.resolve()
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise LibertyError(f"cannot decompress the liberty file {path}: {error}") from error
    target = cache / f"{path.stem.removesuffix('.lib')}-{_sha256(content)[:12]}.lib"
    if not target.is_file():
        _write(target, content)
    return target.resolve()


def _fetch() -> bytes:
    """Content of the default library out of its Debian package."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise LibertyError(
                f"cannot fetch the default library {DEFAULT_PACKAGE}: "
                f"there is no {tool} here; {HOW_TO}"
            )
    with tempfile.TemporaryDirectory() as folder:
        package = _download(Path(folder))
        archive = _run(["dpkg-deb", "--fsys-tarfile", str(package)], Path(folder))
        (Path(folder) / "files.tar").write_bytes(archive)
        with tarfile.open(Path(folder) / "files.tar") as tar:
            member = tar.extractfile(DEFAULT_MEMBER)
            content = member.read() if member else b""
    if _sha256(content) != DEFAULT_SHA256:
        raise LibertyError(
            f"{Path(DEFAULT_MEMBER).name} of {package.name} has sha256 {_sha256(content)}, "
            f"not {DEFAULT_SHA256}; {HOW_TO}"
        )
    return content


def _download(folder: Path) -> Path:
    """Download the package; with package lists of our own where the system has none or old ones."""
    try:
        _run(["apt-get", "download", DEFAULT_PACKAGE], folder)
    except LibertyError:
        options = _private_apt(folder)
        _download_with_own_lists(options, folder)
    packages = sorted(folder.glob(f"{DEFAULT_PACKAGE}_*.deb"))
    if not packages:
        raise LibertyError(f"apt-get downloaded no {DEFAULT_PACKAGE} package; {HOW_TO}")
    return packages[-1]


def _download_with_own_lists(options: list[str], folder: Path) -> None:
    """Update and download; a broken source does not matter as long as the package is found."""
    reason: LibertyError | None = None
    try:
        _run(["apt-get", *options, "update"], folder)
    except LibertyError as error:
        reason = error
    try:
        _run(["apt-get", *options, "download", DEFAULT_PACKAGE], folder)
    except LibertyError as error:
        raise (reason or error) from None


def _private_apt(folder: Path) -> list[str]:
    """Options that keep apt's lists and caches in `folder`: no root, no system file touched."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return [
        *("-o", f"Dir::State::Lists={folder}/lists"),
        *("-o", f"Dir::Cache={folder}/cache"),
        *("-o", "Acquire::Languages=none"),
    ]


def _run(command: list[str], folder: Path) -> bytes:
    """Standard output of a command run in `folder`; a failure raises its last error line."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LibertyError(f"{command[0]} did not end in {_TIMEOUT_S} s; {HOW_TO}") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise LibertyError(
            f"cannot fetch the default library {DEFAULT_PACKAGE}: {lines[-1]}; {HOW_TO}"
        )
    return done.stdout


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(target: Path, content: bytes) -> None:
    """Write through a temporary name so that an interrupted run leaves no half file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(target)
