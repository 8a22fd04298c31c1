"""Memories as black boxes: what the text says of them, and what it no longer has."""

import re
from typing import Any

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


class Odd(wiring.Component):
    """A memory with whatever is asked for."""

    data: Signal

    def __init__(self, **asked: Any) -> None:
        self.asked = asked
        super().__init__({"data": Out(8)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002
        m, asked = Module(), self.asked
        depth, init = asked.get("depth", 4), asked.get("init", [])
        m.submodules.words = words = Memory(shape=unsigned(8), depth=depth, init=init)
        writes = [] if asked.get("rom") else [words.write_port(granularity=asked.get("slice"))]
        if not asked.get("unread"):
            domain, passed = asked.get("domain", "sync"), writes if asked.get("passed") else ()
            m.d.comb += self.data.eq(words.read_port(domain=domain, transparent_for=passed).data)
        return m


@pytest.mark.parametrize(
    ("memory", "name", "slices", "reads"),
    [
        (SinglePortMemory(64, 8), "memory_8x64_s2_1w1r", 2, 1),
        (SinglePortMemory(33, 8), "memory_8x64_s2_1w1r", 2, 1),
        (DualPortMemory(4, 32), "memory_32x32_s1_1w2r", 1, 2),
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


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        ({"rom": True}, "a port to write and one to read"),
        ({"unread": True}, "a port to write and one to read"),
        ({"depth": 1}, "two words or more"),
        ({"init": [1]}, "no contents at the start"),
        ({"domain": "comb"}, "ports in the domain sync"),
        ({"passed": True}, "no read port that passes a write on"),
    ],
)
def test_a_memory_that_no_macro_can_be_is_refused(asked: dict[str, Any], needed: str) -> None:
    message = (
        rf"^a memory of \d words cannot be a macro: it needs {needed}; change it or generate the "
        "text without macros$"
    )
    with pytest.raises(ConfigError, match=message):
        rtlil(Odd(**asked), "top", macros=True)


def test_memories_of_other_slices_are_other_boxes() -> None:
    names = {
        re.findall(r"^module \\(memory_\S+)$", rtlil(Odd(slice=bits), "top", macros=True), re.M)[0]
        for bits in (4, 8)
    }
    assert names == {"memory_4x8_s2_1w1r", "memory_4x8_s1_1w1r"}
