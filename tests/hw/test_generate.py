"""Generated text: one module per repeated block, one top, the same text every time."""

from __future__ import annotations

import re

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.generate import rtlil, verilog
from hw.library import instantiate
from tests.helpers.clocked import simulate


class Register(wiring.Component):
    """Block with a clock: `bits` wide."""

    word: Signal
    held: Signal

    def __init__(self, bits: int):
        super().__init__({"word": In(bits), "held": Out(bits)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002
        m = Module()
        m.d.sync += self.held.eq(self.word)
        return m


class Inverter(wiring.Component):
    """Block without a clock."""

    word: Signal
    inverse: Signal

    def __init__(self) -> None:
        super().__init__({"word": In(1), "inverse": Out(1)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002
        m = Module()
        m.d.comb += self.inverse.eq(~self.word)
        return m


class Top(wiring.Component):
    """Three registers of one width, one of another, two inverters."""

    word: Signal
    parity: Signal

    def __init__(self) -> None:
        super().__init__({"word": In(4), "parity": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        four = instantiate(m, platform, ["a", "b"], lambda: Register(4))
        four += instantiate(m, platform, ["c"], lambda: Register(4))
        (one,) = instantiate(m, platform, ["d"], lambda: Register(1))
        inverters = instantiate(m, platform, ["e", "f"], Inverter)
        word = self.word
        for register in four:
            m.d.comb += register.word.eq(word)
            word = register.held
        m.d.comb += [
            inverters[0].word.eq(word.xor()),
            one.word.eq(inverters[0].inverse),
            inverters[1].word.eq(one.held),
            self.parity.eq(inverters[1].inverse),
        ]
        return m


class ResettableTop(wiring.Component):
    """A register that `stop` resets."""

    stop: Signal
    word: Signal
    held: Signal

    def __init__(self) -> None:
        super().__init__({"stop": In(1), "word": In(4), "held": Out(4)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        (register,) = instantiate(m, platform, ["a"], lambda: Register(4), reset=self.stop)
        m.d.comb += [register.word.eq(self.word), self.held.eq(register.held)]
        return m


def test_repeated_blocks_are_one_module_each() -> None:
    text = verilog(Top(), "top")
    modules = re.findall(r"^module (\w+)\(", text, re.MULTILINE)
    assert sorted(modules) == ["Inverter_2", "Register_0", "Register_1", "top"]
    instances = re.findall(r"^ +(\w+_\d) \\?[a-f] +\(", text, re.MULTILINE)
    assert sorted(instances) == ["Inverter_2"] * 2 + ["Register_0"] * 3 + ["Register_1"]


def test_clock_reaches_only_blocks_that_have_one() -> None:
    text = verilog(Top(), "top")
    for block, clocked in (("Register_0", True), ("Inverter_2", False)):
        ports = re.search(rf"^module {block}\((.*?)\);", text, re.MULTILINE | re.DOTALL)
        assert ports is not None
        assert ("clk" in ports[1]) == clocked


def test_rtlil_has_one_top() -> None:
    text = rtlil(Top(), "top")
    assert text.count("attribute \\top 1") == 1
    assert re.search(r"attribute \\top 1\n(attribute .*\n)*module \\top\n", text)
    assert text.count("\nmodule ") + text.startswith("module ") == 4


@pytest.mark.parametrize("convert", [verilog, rtlil])
def test_text_is_the_same_every_time(convert) -> None:
    assert convert(Top(), "top") == convert(Top(), "top")
    assert "PLACEHOLDER" not in convert(Top(), "top")


def test_a_block_can_be_reset_by_itself() -> None:
    text = verilog(ResettableTop(), "top")
    top = text[text.index("\nmodule top(") :]
    connected = re.search(r"\.rst\((.+?)\)", top)
    assert connected is not None
    assert f"assign {connected[1]} = rst | stop;" in top
    dut, held = ResettableTop(), []

    async def bench(ctx) -> None:
        for word, stop in ((5, 0), (6, 1), (7, 0)):
            ctx.set(dut.word, word)
            ctx.set(dut.stop, stop)
            await ctx.tick()
            held.append(ctx.get(dut.held))

    simulate(dut, bench)
    assert held == [5, 0, 7]
