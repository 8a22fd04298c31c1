"""The two kinds of memory of an engine, as SRAM generators and FPGAs have them.

Words are written in slices of 32 bits. Read data appear after the clock edge at which the read is
enabled and stay until the next one, through writes and resets too; neither touches the contents.
"""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.engine.load_port import SLICE_BITS


class SinglePortMemory(wiring.Component):
    """One port that reads or writes (1RW).

    width: bits of a word, rounded up to whole slices. depth: words.

    address: of the word. write: a bit per slice of the word. write_data: 32 bits, goes into every
    slice that is written. read: 1 bit, not together with `write`. data: the word, see above.
    """

    address: Signal
    write: Signal
    write_data: Signal
    read: Signal
    data: Signal

    def __init__(self, width: int, depth: int):
        self.slices, self.depth = -(-width // SLICE_BITS), depth
        super().__init__(
            {
                "address": In(ceil_log2(depth)),
                "write": In(self.slices),
                "write_data": In(SLICE_BITS),
                "read": In(1),
                "data": Out(self.slices * SLICE_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = unsigned(self.slices * SLICE_BITS)
        m.submodules.words = words = Memory(shape=shape, depth=self.depth, init=[])
        write, read = words.write_port(granularity=SLICE_BITS), words.read_port()
        m.d.comb += [
            write.addr.eq(self.address),
            write.en.eq(self.write),
            write.data.eq(self.write_data.replicate(self.slices)),
            read.addr.eq(self.address),
            read.en.eq(self.read),
            self.data.eq(read.data),
        ]
        return m


class DualPortMemory(wiring.Component):
    """A port that reads and one that reads or writes (1R1RW); W-byte words.

    word_bytes: W, a multiple of 4. depth: words.

    fetch_address, fetch_read, fetch_data: the reading port.
    address, read, data: reads of the other port. write: a bit per slice, write_data: the word
    whose slices are written; not together with `read`.
    A word must not be written at the edge at which it is fetched.
    """

    fetch_address: Signal
    fetch_read: Signal
    fetch_data: Signal
    address: Signal
    read: Signal
    data: Signal
    write: Signal
    write_data: Signal

    def __init__(self, word_bytes: int, depth: int):
        self.width, self.depth = 8 * word_bytes, depth
        super().__init__(
            {
                "fetch_address": In(ceil_log2(depth)),
                "fetch_read": In(1),
                "fetch_data": Out(self.width),
                "address": In(ceil_log2(depth)),
                "read": In(1),
                "data": Out(self.width),
                "write": In(self.width // SLICE_BITS),
                "write_data": In(self.width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.words = words = Memory(shape=unsigned(self.width), depth=self.depth, init=[])
        write = words.write_port(granularity=SLICE_BITS)
        fetch, read = words.read_port(), words.read_port()
        m.d.comb += [
            fetch.addr.eq(self.fetch_address),
            fetch.en.eq(self.fetch_read),
            self.fetch_data.eq(fetch.data),
            write.addr.eq(self.address),
            write.en.eq(self.write),
            write.data.eq(self.write_data),
            read.addr.eq(self.address),
            read.en.eq(self.read),
            self.data.eq(read.data),
        ]
        return m
