"""Equal results from equal seeds: threads, generators and kernels under control.

Sums of floats depend on how many threads share them, so training runs on a stated number of threads
(one by default) whatever the process was set to. On one machine a run is then reproducible bit for
bit; between machines the processor's vector units may still round differently.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def deterministic(threads: int = 1) -> Iterator[None]:
    """Run the body on `threads` CPU threads with deterministic kernels; restore both after it."""
    threads_before = torch.get_num_threads()
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    # cuBLAS reads this when its first handle is made; without it the kernels below are refused.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads_before)
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)


def generator(seed: int) -> torch.Generator:
    """Return a CPU generator: random numbers are drawn there for every device, hence the same."""
    return torch.Generator().manual_seed(seed)
