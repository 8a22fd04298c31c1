"""A mapped small design that several tests share."""

from pathlib import Path

import pytest

from hw.generate import rtlil
from synth.fpga.devices import device
from synth.fpga.mapping import Mapped, map_design
from synth.fpga.wrapper import ScanWrapper
from tests.synth.small_designs import Grid


@pytest.fixture(scope="module", params=["ecp5-25k", "ice40-hx8k"])
def family_device(request: pytest.FixtureRequest):
    """A device of each family."""
    return device(request.param)


@pytest.fixture(scope="module")
def mapped_grid(family_device, tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    folder: Path = tmp_path_factory.mktemp(f"grid {family_device.name}")
    return map_design(rtlil(ScanWrapper(Grid), "top"), family_device, folder, dsp=False)
