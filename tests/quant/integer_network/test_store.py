import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from quant.integer_network import (
    FORMAT_VERSION,
    MAX_BITS,
    MIN_BITS,
    IntegerNetwork,
    IntegerNetworkError,
    load,
    save,
)
from quant.integer_network.store import manifest_sha256
from tests.helpers.networks import random_network, with_layer

NETWORK = random_network(3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(NETWORK, tmp_path / "network")
    return tmp_path / "network"


def edit(folder: Path, change: Callable[[dict[str, Any]], object], *, sign: bool = True) -> None:
    """Change the manifest in place; `sign` brings its checksum up to date."""
    path = folder / "network.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    if sign:
        manifest["sha256"] = manifest_sha256(manifest)
    path.write_text(json.dumps(manifest))


def replace_arrays(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    """Change the arrays in place and bring the manifest's checksums up to date."""
    path = folder / "network.safetensors"
    arrays = load_file(path)
    change(arrays)
    save_file(arrays, path)
    data = path.read_bytes()
    edit(
        folder,
        lambda m: m["arrays"].update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest()),
    )


def load_or_error(folder: Path) -> IntegerNetwork | str:
    try:
        return load(folder)
    except IntegerNetworkError as error:
        named = "network.json" in str(error) and "\n" not in str(error)
        return "one line naming network.json" if named else str(error)


@pytest.mark.parametrize("seed", range(4))
def test_load_gives_back_what_save_wrote(seed: int, tmp_path: Path):
    network = random_network(seed, depthwise=seed % 2 == 1)
    save(network, tmp_path)
    assert load(tmp_path) == network
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "network.json",
        "network.safetensors",
    ]


def test_saving_twice_writes_the_same_bytes(folder: Path, tmp_path: Path):
    save(load(folder), tmp_path / "again")
    for name in ("network.json", "network.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_saving_replaces_an_older_network(folder: Path):
    other = random_network(4)
    save(other, folder)
    assert load(folder) == other


def test_the_file_shrinks_with_the_bits(tmp_path: Path):
    sizes, payloads = [], []
    for bits in range(MIN_BITS, MAX_BITS + 1):
        network = random_network(0, channels=24, bits=bits)
        save(network, tmp_path / str(bits))
        sizes.append((tmp_path / str(bits) / "network.safetensors").stat().st_size)
        payloads.append(sum((layer.weight.size * bits + 7) // 8 for layer in network.mac_layers))
    # What is not weights (header, biases, constants) stays; the rest follows the width exactly,
    # but for the header's digits and its alignment to 8 bytes.
    for step, expected in zip(np.diff(sizes), np.diff(payloads), strict=True):
        assert abs(step - expected) <= 24
    assert sizes[0] < 0.4 * sizes[-1]


def test_an_invalid_network_is_not_written(tmp_path: Path):
    with pytest.raises(IntegerNetworkError, match=r"^layer 'conv1': bits is 9"):
        save(with_layer(NETWORK, "conv1", bits=9), tmp_path / "network")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_manifest(tmp_path: Path):
    message = r"network\.json is missing: export the network, or name the folder that holds it$"
    with pytest.raises(IntegerNetworkError, match=message):
        load(tmp_path)


def test_missing_arrays(folder: Path):
    (folder / "network.safetensors").unlink()
    with pytest.raises(IntegerNetworkError, match=r"network\.safetensors is missing: export"):
        load(folder)


def test_truncated_arrays(folder: Path):
    path = folder / "network.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    message = rf"safetensors has {len(data) - 1} bytes, the manifest says {len(data)}: export it"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


@pytest.mark.parametrize("position", [0, 100, -1])
def test_a_flipped_byte_of_the_arrays(folder: Path, position: int):
    path = folder / "network.safetensors"
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(data)
    message = r"network\.safetensors is damaged \(its sha256 is not the manifest's\): export it"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


def test_no_flipped_byte_of_the_manifest_goes_unnoticed(folder: Path):
    path = folder / "network.json"
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    # A flip that JSON's layout absorbs may load, but then nothing has changed.
    for position in rng.choice(len(data), size=300, replace=False):
        damaged = bytearray(data)
        damaged[position] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        assert load_or_error(folder) in (NETWORK, "one line naming network.json")


def test_a_truncated_manifest(folder: Path):
    path = folder / "network.json"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(IntegerNetworkError, match=r"network\.json is damaged \(not JSON\): export"):
        load(folder)


def test_an_edited_manifest(folder: Path):
    edit(folder, lambda m: m["layers"][0].update(stride=[2, 2]), sign=False)
    message = r"network\.json is damaged or edited \(its sha256 does not match\): export it again"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


def test_an_array_file_of_another_network(folder: Path, tmp_path: Path):
    save(random_network(4), tmp_path / "other")
    data = (tmp_path / "other" / "network.safetensors").read_bytes()
    (folder / "network.safetensors").write_bytes(data)
    with pytest.raises(
        IntegerNetworkError, match=r"network\.safetensors (is damaged|has \d+ bytes)"
    ):
        load(folder)


def test_a_manifest_that_is_something_else(folder: Path):
    (folder / "network.json").write_text('{"format": "onnx"}')
    message = r"network\.json is not a sigmaquant integer network: name a folder that holds one"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, None, "1", True])
def test_another_version(folder: Path, version: Any):
    edit(folder, lambda m: m.update(version=version))
    message = (
        rf"network\.json has format version {version!r}, this release reads version "
        rf"{FORMAT_VERSION}: export it again"
    )
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


def test_a_signed_but_wrong_manifest(folder: Path):
    edit(folder, lambda m: m["layers"][1].update(type="conv3d"))
    message = r"network\.json: layer 'conv2' has unknown type 'conv3d': known are conv2d, linear,"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], *path, key)


WRONG = (None, True, -1, 1.5, "x", [], {}, [[1]], 10**30, {"array": []}, {"array": "conv1.bias"})
LARGE = {"array": "conv1.weight", "shape": [10**9] * 3}


def test_no_wrong_value_in_a_signed_manifest_gives_another_error(folder: Path):
    manifest = json.loads((folder / "network.json").read_text())
    kinds = [layer["type"] for layer in manifest["layers"]]
    repeated = [("layers", i) for i, kind in enumerate(kinds) if kind in kinds[:i]]
    repeated += [("tensors", i) for i in range(1, len(manifest["tensors"]))]
    refused = 0
    for path in places(manifest):
        if path[0] in ("metadata", "name", "sha256") or path[:2] in repeated:
            continue
        for wrong in (*WRONG, LARGE):

            def change(m: Any, path: Any = path, wrong: Any = wrong) -> None:
                for key in path[:-1]:
                    m = m[key]
                m[path[-1]] = wrong

            (folder / "network.json").write_text(json.dumps(manifest))
            edit(folder, change)
            result = load_or_error(folder)  # a scale of 1.5, say, is wrong but no error
            refused += isinstance(result, str)
            assert isinstance(result, IntegerNetwork) or "\n" not in result, path
    assert refused > 500


def test_a_constant_out_of_range_in_the_file(folder: Path):
    replace_arrays(folder, lambda arrays: arrays["conv1.shift"].fill(48))
    message = r"network\.json: layer 'conv1', channel 0: shift is 48, must be an integer in 1\.\.47"
    with pytest.raises(IntegerNetworkError, match=message):
        load(folder)


def test_arrays_that_are_not_safetensors(folder: Path):
    data = struct.pack("<Q", 1 << 40) + b"{}"
    (folder / "network.safetensors").write_bytes(data)
    edit(
        folder,
        lambda m: m["arrays"].update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest()),
    )
    with pytest.raises(IntegerNetworkError, match=r"network\.safetensors is not safetensors \("):
        load(folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "network"):
        message = (
            rf"^{folder} cannot be written \(.+\): check the path, its permissions and the free"
        )
        with pytest.raises(IntegerNetworkError, match=message):
            save(NETWORK, folder)
        with pytest.raises(IntegerNetworkError, match=r"network\.json cannot be read \(Not a dir"):
            load(folder)


def test_a_failed_write_leaves_the_older_network(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(IntegerNetworkError, match=r"cannot be written \(No space left on device\)"):
        save(random_network(4), folder)
    monkeypatch.undo()
    assert load(folder) == NETWORK
    assert len(list(folder.iterdir())) == 2


def test_an_interruption_between_the_files_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch):
    rename = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if target.name == "network.json":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(random_network(4), folder)
    monkeypatch.undo()
    with pytest.raises(
        IntegerNetworkError, match=r"network\.safetensors (is damaged|has \d+ bytes)"
    ):
        load(folder)
    save(NETWORK, folder)
    assert load(folder) == NETWORK


def test_metadata_survives(tmp_path: Path):
    metadata = {"seed": 1, "bits": [2, 3], "text": "größe", "nested": {"x": 0.1, "none": None}}
    network = IntegerNetwork(
        name=NETWORK.name,
        input=NETWORK.input,
        output=NETWORK.output,
        tensors=NETWORK.tensors,
        layers=NETWORK.layers,
        metadata=metadata,
    )
    save(network, tmp_path)
    assert load(tmp_path).metadata == metadata
