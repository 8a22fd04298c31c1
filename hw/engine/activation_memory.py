"""Activation memory: 2 * rows banks, each an even and an odd sub-bank of W-byte words."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.config import EngineConfig
from hw.engine.group_row import bank_words_shape
from hw.engine.load_port import SLICE_BITS
from hw.engine.memory import DualPortMemory
from hw.library import instantiate

# Sub-banks of a bank: words of even and of odd index within an image row.
PARITIES = 2


def line_bits(config: EngineConfig) -> int:
    """Bits of a line's address within the memory."""
    return ceil_log2(config.activation_lines)


def fetch_shape(config: EngineConfig) -> data.ArrayLayout:
    """[bank] reads of the fetch. enable: bit 0 the even word, bit 1 the odd one; their lines."""
    bank = {"enable": PARITIES, "even_line": line_bits(config), "odd_line": line_bits(config)}
    return data.ArrayLayout(data.StructLayout(bank), config.banks)


def access_shape(config: EngineConfig) -> data.StructLayout:
    """An access through the other ports; all banks get the same line.

    read, write: [bank] a bit for the even and one for the odd word, never both kinds at once.
    slices: the 32-bit slices of a word that are written. words: [array row] W bytes; bank b takes
    the word of row b modulo rows.
    """
    banks = data.ArrayLayout(PARITIES, config.banks)
    return data.StructLayout(
        {
            "line": line_bits(config),
            "read": banks,
            "write": banks,
            "slices": 8 * config.word_bytes // SLICE_BITS,
            "words": data.ArrayLayout(8 * config.word_bytes, config.array.rows),
        }
    )


class ActivationMemory(wiring.Component):
    """Line l of bank b holds 2W bytes: word l of its even sub-bank, then word l of the odd one.

    fetch, fetched: see `fetch_shape`, `bank_words_shape`; one read of each sub-bank a cycle.
    access, accessed: see `access_shape`; one read or write of each sub-bank a cycle.
    What is read appears after the edge and stays until the next read of that sub-bank and port.
    """

    fetch: data.View
    fetched: data.View
    access: data.View
    accessed: data.View

    def __init__(self, config: EngineConfig):
        self.config = config
        super().__init__(
            {
                "fetch": In(fetch_shape(config)),
                "fetched": Out(bank_words_shape(config)),
                "access": In(access_shape(config)),
                "accessed": Out(bank_words_shape(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        places = [(bank, parity) for bank in range(config.banks) for parity in range(PARITIES)]
        names = [f"bank_{bank}_{('even', 'odd')[parity]}" for bank, parity in places]
        units = instantiate(
            m, platform, names, lambda: DualPortMemory(config.word_bytes, config.activation_lines)
        )
        for (bank, parity), unit in zip(places, units, strict=True):
            fetch, access = self.fetch[bank], self.access
            write: Signal = access.write[bank][parity]
            m.d.comb += [
                unit.fetch_address.eq((fetch.even_line, fetch.odd_line)[parity]),
                unit.fetch_read.eq(fetch.enable[parity]),
                unit.address.eq(access.line),
                unit.read.eq(access.read[bank][parity]),
                unit.write.eq(write.replicate(len(access.slices)) & access.slices),
                unit.write_data.eq(access.words[bank % config.array.rows]),
            ]
        for bank in range(config.banks):
            even, odd = units[PARITIES * bank : PARITIES * bank + PARITIES]
            m.d.comb += [
                self.fetched[bank].eq(Cat(even.fetch_data, odd.fetch_data)),
                self.accessed[bank].eq(Cat(even.data, odd.data)),
            ]
        return m
