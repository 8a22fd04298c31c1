"""Silence for libraries that print to the process's standard output past Python."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STDOUT = 1


@contextmanager
def native_output_discarded() -> Iterator[None]:
    """Discard what native code of this process prints to standard output within the block."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    kept = os.dup(_STDOUT)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), _STDOUT)
    try:
        yield
    finally:
        libc.fflush(None)  # what is still in the C library's buffer must not come out later
        os.dup2(kept, _STDOUT)
        os.close(kept)
