import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quant.data.batches import read_batch
from quant.errors import DataError

PIXELS = np.random.default_rng(1).integers(0, 256, (3, 3072), dtype=np.uint8)
LABELS = [4, 0, 9]


def by_python2(pixels: NDArray[np.uint8], labels: list[int]) -> bytes:
    """The pickle that Python 2 makes of a batch, opcode by opcode: the form of the original."""

    def text(value: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(value)) + value

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
        b"(K\x01M" + struct.pack("<H", len(pixels)) + b"M\x00\x0c\x86"
        b"cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R"
        b"(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89" + text(pixels.tobytes()) + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(b"labels") + numbers + b"u."


def stored(tmp_path: Path, content: Any, protocol: int = 4) -> Path:
    path = tmp_path / "batch"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize(
    "content",
    [
        by_python2(PIXELS, LABELS),
        pickle.dumps({b"data": PIXELS, b"labels": LABELS, b"filenames": [b"a.png"]}, 2),
        pickle.dumps({"data": PIXELS, "labels": LABELS}, 4),
    ],
)
def test_batches_of_every_python(tmp_path: Path, content: bytes) -> None:
    pixels, labels = read_batch(stored(tmp_path, content))
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, PIXELS)
    assert labels.dtype == np.int64
    assert labels.tolist() == LABELS


class Touch:
    """Its pickle makes a file when an ordinary unpickler reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_file_cannot_run_code(tmp_path: Path, protocol: int) -> None:
    made = tmp_path / "made"
    content = {"data": PIXELS, "labels": LABELS, "more": Touch(made)}
    pickle.loads(pickle.dumps(content, protocol))
    assert made.exists()
    made.unlink()
    match = r"batch: not a batch of CIFAR-10 \(it names .*\); unpack the python version from https"
    with pytest.raises(DataError, match=match):
        read_batch(stored(tmp_path, content, protocol))
    assert not made.exists()


def test_text_is_turned_to_bytes_by_no_other_codec(tmp_path: Path) -> None:
    content = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R."
    with pytest.raises(DataError, match=r"not a batch of CIFAR-10 \(bytes as zlib text\)"):
        read_batch(stored(tmp_path, content))


def test_what_lies_outside_the_file_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"\(it refers to 'x' outside the file\)"):
        read_batch(stored(tmp_path, b"\x80\x02X\x01\x00\x00\x00xQ."))


def test_a_missing_file(tmp_path: Path) -> None:
    match = r"none: no such file; unpack the python version of CIFAR-10 there, from https://www"
    with pytest.raises(DataError, match=match):
        read_batch(tmp_path / "none")


@pytest.mark.parametrize(
    "content", [b"", b"no pickle", by_python2(PIXELS, LABELS)[:-400], b"\x80\x04\x85."]
)
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=r"batch: not a batch of CIFAR-10 \(.*\); unpack the"):
        read_batch(stored(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ([1], "batch: holds a list, not a batch; unpack the python version from https"),
        ({"labels": LABELS}, r"its 'data' is not a numpy array uint8\[N, 3072\]; unpack"),
        ({"data": PIXELS[:, 1:], "labels": LABELS}, "its 'data' is not a numpy array"),
        ({"data": PIXELS.astype(np.int64), "labels": LABELS}, "its 'data' is not a numpy array"),
        ({"data": PIXELS}, "its 'labels' are not a list of one integer an image; unpack"),
        ({"data": PIXELS, "labels": LABELS[:2]}, "its 'labels' are not a list of one integer an"),
        ({"data": PIXELS, "labels": [0, 1, b"2"]}, "its 'labels' are not a list of one integer"),
        ({"data": PIXELS, "labels": [0, 1, 10]}, r"its 'labels' are not all in 0\.\.9; unpack"),
        ({"data": PIXELS, "labels": [0, -1, 1]}, r"its 'labels' are not all in 0\.\.9; unpack"),
    ],
)
def test_pickles_of_something_else(tmp_path: Path, content: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_batch(stored(tmp_path, content))
