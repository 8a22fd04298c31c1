"""Memories as black boxes: what the text says of them, and what it no longer has."""

import re

import pytest
from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.engine.memory import DualPortMemory, SinglePortMemory
from hw.errors import ConfigError
from hw.generate import rtlil
from hw.library import instantiate

PORT = re.compile(r"^  wire width (\d+) (input|output) \d+ \\(\w+)$", re.MULTILINE)


class Pair(wiring.Component):
    """Two equal memories."""

    address: Signal
    data: Signal

    def __init__(self) -> None:
        super().__init__({"address": In(4), "data": Out(32)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        both = instantiate(m, platform, ["a", "b"], lambda: SinglePortMemory(32, 16))
        m.d.comb += [memory.address.eq(self.address) for memory in both]
        m.d.comb += [memory.read.eq(1) for memory in both]
        m.d.comb += self.data.eq(both[0].data ^ both[1].data)
        return m


class Wrong(wiring.Component):
    """A memory that reads without a clock, or that passes writes on to its read port."""

    data: Signal

    def __init__(self, *, clocked: bool) -> None:
        self.clocked = clocked
        super().__init__({"data": Out(8)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002
        m = Module()
        m.submodules.words = words = Memory(shape=unsigned(8), depth=4, init=[])
        write = words.write_port()
        if self.clocked:
            read = words.read_port(transparent_for=(write,))
        else:
            read = words.read_port(domain="comb")
        m.d.comb += self.data.eq(read.data)
        return m


@pytest.mark.parametrize(
    ("memory", "name", "slices", "reads"),
    [
        (SinglePortMemory(64, 8), "memory_8x64_1w1r", 2, 1),
        (SinglePortMemory(33, 8), "memory_8x64_1w1r", 2, 1),
        (DualPortMemory(4, 32), "memory_32x32_1w2r", 1, 2),
    ],
)
def test_a_memory_is_a_box_of_its_size(memory, name: str, slices: int, reads: int) -> None:
    text = rtlil(memory, "top", macros=True)

    box, _, rest = text.partition("\nend\n")
    words, bits = (int(number) for number in re.findall(r"\d+", name)[:2])
    assert box.startswith(
        f"attribute \\blackbox 1\nattribute \\words {words}\nattribute \\bits {bits}\n"
        f"module \\{name}\n"
    )
    assert f"  cell \\{name} \\words\n" in rest
    assert "$mem" not in text
    ports = {pin: (int(width), direction) for width, direction, pin in PORT.findall(box)}
    assert ports["w0_en"] == (slices, "input")
    assert [pin for pin, (_, way) in ports.items() if way == "output"] == [
        f"r{index}_data" for index in range(reads)
    ]
    assert all(ports[f"r{index}_data"] == (bits, "output") for index in range(reads))


def test_equal_memories_share_a_box() -> None:
    assert rtlil(Pair(), "top", macros=True).count("attribute \\blackbox 1") == 1


def test_without_macros_a_memory_stays_a_memory() -> None:
    text = rtlil(Pair(), "top")
    assert "blackbox" not in text
    assert "  memory width 32 size 16 \\words" in text


@pytest.mark.parametrize("clocked", [True, False])
def test_a_memory_that_no_macro_can_be_is_refused(clocked: bool) -> None:
    message = r"^a memory macro reads at a clock edge and passes no write on$"
    with pytest.raises(ConfigError, match=message):
        rtlil(Wrong(clocked=clocked), "top", macros=True)
