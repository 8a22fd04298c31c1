"""Program memory: takes a program in, checks its checksum, and gives its words."""

from typing import Any, cast

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for, ceil_log2

from hw.config import EngineConfig
from hw.engine.load_port import LoadPort, LoadTarget
from hw.engine.program import WORD_BITS


class ProgramMemory(wiring.Component):
    """Holds one program; the last word of a load must be the CRC-32 of all words before it.

    load, begins, ends: from `Loader`; only words for program memory are looked at.
    valid: 1 bit, the memory holds a program with the right checksum, until the next load begins.
    length: words before the checksum.
    checksum_error: 1 bit, pulse, two edges after a load that ended with the wrong checksum.
    address, word: the word appears after the edge.
    """

    load: data.View
    begins: Signal
    ends: Signal
    valid: Signal
    length: Signal
    checksum_error: Signal
    address: Signal
    word: Signal

    def __init__(self, config: EngineConfig):
        self.depth = config.program_words
        super().__init__(
            {
                "load": In(LoadPort),
                "begins": In(1),
                "ends": In(1),
                "valid": Out(1),
                "length": Out(bits_for(self.depth)),
                "checksum_error": Out(1),
                "address": In(ceil_log2(self.depth)),
                "word": Out(WORD_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.words = words = Memory(shape=unsigned(WORD_BITS), depth=self.depth, init=[])
        write, read = words.write_port(), words.read_port()
        checksum = cast(Any, CRC32_ISO_HDLC(data_width=WORD_BITS).create())
        m.submodules.checksum = checksum
        here, ended = Signal(), Signal()
        m.d.comb += [
            here.eq(self.load.valid & (self.load.target == LoadTarget.PROGRAM)),
            write.en.eq(here),
            write.addr.eq(self.load.address),
            write.data.eq(self.load.data),
            read.addr.eq(self.address),
            self.word.eq(read.data),
            checksum.start.eq(here & self.begins),
            checksum.valid.eq(here),
            checksum.data.eq(self.load.data),
        ]
        m.d.sync += [
            ended.eq(here & self.ends),
            self.checksum_error.eq(ended & ~checksum.match_detected),
        ]
        with m.If(ended):
            m.d.sync += self.valid.eq(checksum.match_detected)
        with m.If(here):
            # The word just written may be the checksum: its address is the number before it.
            m.d.sync += [self.valid.eq(0), self.length.eq(self.load.address)]
        return m
