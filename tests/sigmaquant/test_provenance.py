import hashlib
import math
import sys
from pathlib import Path

import pytest

from sigmaquant import provenance


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "made_up_room"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "weights.bin").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("made_up_room", None)


def digest() -> str:
    provenance.source_sha256.cache_clear()
    return provenance.source_sha256("made_up_room")


def test_the_source_hash_follows_content_names_and_data_but_not_caches(package: Path):
    hashes = [digest()]
    (package / "weights.bin").write_bytes(b"2")
    hashes.append(digest())
    (package / "weights.bin").rename(package / "weight.bin")
    hashes.append(digest())
    assert len(set(hashes)) == 3
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    assert digest() == hashes[-1]


def test_a_module_has_a_source_hash_of_its_own():
    assert provenance.source_sha256("sigmaquant.config") != provenance.source_sha256("sigmaquant")


def test_an_unknown_package_is_named():
    with pytest.raises(ModuleNotFoundError, match="no package named no_such_room"):
        provenance.source_sha256("no_such_room")


def test_json_hashes_ignore_order_and_refuse_what_is_no_json():
    assert provenance.json_sha256({"a": 1, "b": 2}) == provenance.json_sha256({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        provenance.json_sha256(math.nan)


def test_a_file_hash_is_plain_sha256(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    assert provenance.file_sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_versions_name_python_and_every_distribution():
    versions = provenance.versions(("numpy", "rich"))
    assert list(versions) == ["python", "numpy", "rich"]
    assert versions["python"] == sys.version.split()[0]
