"""Integer networks on disk: `network.json` and `network.safetensors` in one folder.

The manifest carries the format's version, the size and sha256 of the array file, and its own
sha256 over the rest of its content, so that damage to either file is found before anything is used.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from quant.integer_network.errors import IntegerNetworkError
from quant.integer_network.manifest import Arrays, decode, encode
from quant.integer_network.network import IntegerNetwork

FORMAT = "sigmaquant integer network"
FORMAT_VERSION = 1
MANIFEST_FILE = "network.json"
ARRAY_FILE = "network.safetensors"


def save(network: IntegerNetwork, folder: Path | str) -> None:
    """Validate `network` and write it into `folder`, made if need be; an older one is replaced.

    Each file is complete before it takes its name. Raises IntegerNetworkError when the network is
    not valid or a file cannot be written.
    """
    network.validate()
    entry, arrays = encode(network)
    data = save_arrays(arrays)
    manifest = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        **entry,
        "arrays": {"bytes": len(data), "sha256": _sha256(data)},
    }
    manifest["sha256"] = manifest_sha256(manifest)
    text = json.dumps(manifest, indent=1, allow_nan=False) + "\n"
    _replace_files(Path(folder), {ARRAY_FILE: data, MANIFEST_FILE: text.encode()})


def load(folder: Path | str) -> IntegerNetwork:
    """Read the network in `folder`, with every checksum, range and shape verified.

    Raises IntegerNetworkError naming the file and what is wrong with it.
    """
    path = Path(folder) / MANIFEST_FILE
    manifest = _read_manifest(path)
    arrays = _read_arrays(Path(folder) / ARRAY_FILE, manifest.pop("arrays", None))
    header = ("format", "version", "sha256")
    entry = {key: value for key, value in manifest.items() if key not in header}
    try:
        network = decode(entry, arrays)
        network.validate()
    except IntegerNetworkError as error:
        raise IntegerNetworkError(f"{path}: {error}") from None
    return network


def manifest_sha256(manifest: dict[str, Any]) -> str:
    """Checksum of a manifest's content, its own `sha256` left out and layout of no account."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    return _sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


def _read_manifest(path: Path) -> dict[str, Any]:
    data = _read(path)
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise IntegerNetworkError(f"{path} is damaged (not JSON): export it again") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise IntegerNetworkError(f"{path} is not a {FORMAT}: name a folder that holds one")
    version = manifest.get("version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise IntegerNetworkError(
            f"{path} has format version {version!r}, this release reads version "
            f"{FORMAT_VERSION}: export it again"
        )
    if manifest.get("sha256") != manifest_sha256(manifest):
        raise IntegerNetworkError(
            f"{path} is damaged or edited (its sha256 does not match): export it again"
        )
    return manifest


def _read_arrays(path: Path, expected: Any) -> Arrays:
    data = _read(path)
    if not isinstance(expected, dict):
        raise IntegerNetworkError(f"the manifest says nothing of {path}: export it again")
    if len(data) != expected.get("bytes"):
        raise IntegerNetworkError(
            f"{path} has {len(data)} bytes, the manifest says {expected.get('bytes')}: "
            "export it again"
        )
    if _sha256(data) != expected.get("sha256"):
        raise IntegerNetworkError(
            f"{path} is damaged (its sha256 is not the manifest's): export it again"
        )
    try:
        return load_arrays(data)
    except SafetensorError as error:
        raise IntegerNetworkError(f"{path} is not safetensors ({error}): export it again") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise IntegerNetworkError(
            f"{path} is missing: export the network, or name the folder that holds it"
        ) from None
    except OSError as error:
        raise IntegerNetworkError(
            f"{path} cannot be read ({error.strerror}): check the path and its permissions"
        ) from None


def _replace_files(folder: Path, contents: dict[str, bytes]) -> None:
    """Write all files under temporary names, then rename: a failed write leaves the old ones.

    Only an interruption between the two renames can mix old and new; `load` finds it by checksum.
    """
    temporary = {name: folder / f".{name}.{os.getpid()}.tmp" for name in contents}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in contents.items():
            with temporary[name].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for name, path in temporary.items():
            path.replace(folder / name)
    except OSError as error:
        raise IntegerNetworkError(
            f"{folder} cannot be written ({error.strerror}): check the path, its permissions and "
            "the free space"
        ) from None
    finally:
        for path in temporary.values():
            with suppress(OSError):
                path.unlink()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
