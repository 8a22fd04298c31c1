import pytest
import torch

from quant.determinism import deterministic, generator


def test_threads_and_kernels_are_set_inside_and_restored_after() -> None:
    before = torch.get_num_threads()
    with deterministic(1):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_callers_warnings_stay_warnings() -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with deterministic(1):
            assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def fail() -> None:
    with deterministic(1):
        raise RuntimeError("stop")


def test_restored_after_an_error_too() -> None:
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


def test_generators_of_one_seed_agree() -> None:
    assert torch.equal(torch.rand(5, generator=generator(3)), torch.rand(5, generator=generator(3)))
