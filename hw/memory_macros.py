"""Memories left out of generated text: an instance of a black box each, for a memory compiler.

A box is named by its size and its ports: `memory_512x64_s2_1w2r` has 512 words of 64 bits that are
written in two slices, one write port and two read ports. Its pins are those of Amaranth's ports,
`w0_addr`, `w0_data`, `w0_en`, `r0_addr`, `r0_en`, `r0_data`, and `clk`. A port that reads or writes
is one of each, with one address.
"""

from collections.abc import Callable, Iterator

from amaranth.hdl import ClockSignal, Instance, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component

from hw.errors import ConfigError
from hw.library import ModuleLibrary

CLOCK = "clk"


class MacroLibrary(ModuleLibrary):
    """A module library under which every `amaranth.lib.memory.Memory` is a black box.

    boxes: RTLIL text of the boxes by name: attributes and ports.
    """

    def __init__(self, convert: Callable[[Component, str, ModuleLibrary], str]):
        super().__init__(convert)
        self.boxes: dict[str, str] = {}

    def get_memory(self, memory: Memory) -> Instance:
        """What Amaranth puts in place of `memory`; ConfigError for one that no macro can be."""
        writes, reads = memory.write_ports, memory.read_ports
        _check(memory)
        pins = dict(_pins(memory))
        bits = len(Value.cast(reads[0].data))
        slices = len(Value.cast(writes[0].en))
        name = f"memory_{memory.depth}x{bits}_s{slices}_{len(writes)}w{len(reads)}r"
        self.boxes[name] = _box(name, memory.depth, bits, pins)
        return Instance(name, *((kind, pin, value) for pin, (kind, value) in pins.items()))


def _check(memory: Memory) -> None:
    writes, reads = memory.write_ports, memory.read_ports
    slices = {len(Value.cast(port.en)) for port in writes}
    wrong = {
        "a port to write and one to read": not writes or not reads,
        "two words or more": memory.depth < 2,
        "no contents at the start": any(memory.init),
        "ports in the domain sync": any(port.domain != "sync" for port in (*writes, *reads)),
        "no read port that passes a write on": any(port.transparent_for for port in reads),
        "write ports with equal slices": len(slices) > 1,
    }
    for needed, missing in wrong.items():
        if missing:
            raise ConfigError(
                f"a memory of {memory.depth} words cannot be a macro: it needs {needed}; change it "
                "or generate the text without macros"
            )


def _pins(memory: Memory) -> Iterator[tuple[str, tuple[str, Value]]]:
    """Pins of the box: direction, i or o, and what is connected."""
    yield CLOCK, ("i", ClockSignal())
    for index, port in enumerate(memory.write_ports):
        for pin in ("addr", "data", "en"):
            yield f"w{index}_{pin}", ("i", Value.cast(getattr(port, pin)))
    for index, port in enumerate(memory.read_ports):
        for pin, kind in (("addr", "i"), ("en", "i"), ("data", "o")):
            yield f"r{index}_{pin}", (kind, Value.cast(getattr(port, pin)))


def _box(name: str, words: int, bits: int, pins: dict[str, tuple[str, Value]]) -> str:
    wires = [
        f"  wire width {1 if pin == CLOCK else len(value)} "
        f"{'input' if kind == 'i' else 'output'} {index} \\{pin}"
        for index, (pin, (kind, value)) in enumerate(pins.items(), start=1)
    ]
    lines = (
        "attribute \\blackbox 1",
        f"attribute \\words {words}",
        f"attribute \\bits {bits}",
        f"module \\{name}",
        *wires,
        "end",
    )
    return "".join(f"{line}\n" for line in lines)
