"""What the engine's steps depend on, and where their networks come from."""

from __future__ import annotations

from sigmaquant.steps import engine


def test_committed_digits_network_is_found() -> None:
    network, image = engine._network(engine.DIGITS, None)
    assert network.name == "digits"
    assert image.shape == network.tensors[network.input].shape


def test_every_width_is_a_step_of_its_own() -> None:
    compiled = engine.compile_step("tiny", "verilator")
    steps = [engine.step("resnet20", bits, "tiny", "verilator", compiled) for bits in (None, 8, 2)]
    assert [step.name for step in steps] == [
        "engine-tiny-resnet20_mix",
        "engine-tiny-resnet20_8bit",
        "engine-tiny-resnet20_2bit",
    ]
    assert len({step.key() for step in steps}) == 3
