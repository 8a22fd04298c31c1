import pytest

from synth.errors import SynthesisInputError
from synth.fpga.devices import DEVICES, device


def test_unknown_device_is_told_what_there_is() -> None:
    with pytest.raises(SynthesisInputError) as failure:
        device("virtex")
    assert str(failure.value) == (
        "device must be one of ecp5-25k, ecp5-45k, ecp5-85k, ice40-hx8k, not 'virtex'"
    )


@pytest.mark.parametrize("name", DEVICES)
def test_a_family_knows_its_package_of_nextpnr(name: str) -> None:
    family = device(name).family
    assert family.distribution == family.module.replace("_", "-")
    assert family.distribution.removeprefix("yowasp-") == f"nextpnr-{name.partition('-')[0]}"
