import json

import pytest

from hw.array import DotProductArray
from hw.engine.engine import Engine
from hw.errors import ConfigError
from hw.generate import rtlil
from synth.errors import SynthesisInputError
from synth.fpga.designs import FpgaDesign


@pytest.mark.parametrize(("block", "hardware"), [("array", DotProductArray), ("engine", Engine)])
def test_a_design_is_the_hardware_of_its_preset(block: str, hardware: type) -> None:
    design = FpgaDesign(block=block, preset="tiny")
    component = design.component()
    assert isinstance(component, hardware)
    assert rtlil(component, design.name)  # Amaranth warns of hardware that nobody turns into text
    assert design.name == f"{block}-tiny"
    assert json.loads(json.dumps(design.configuration)) == design.configuration


def test_what_cannot_be_built_is_named() -> None:
    with pytest.raises(SynthesisInputError, match=r"^design must be one of array, engine, not 'x'"):
        FpgaDesign(block="x", preset="tiny")
    with pytest.raises(ConfigError, match=r"^preset must be one of tiny, .*, not 'huge'$"):
        FpgaDesign(block="array", preset="huge")
    with pytest.raises(ConfigError, match=r"^engine preset must be one of "):
        FpgaDesign(block="engine", preset="edge_bricks")
