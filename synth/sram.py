"""SRAM macros at 45 nm: area, energy of an access, leakage and access time, from stated sources.

Energy, area and access time are CACTI 7.0's (`synth.sram_table`; ITRS high-performance transistors,
45 nm, 1.0 V, 300 K). Between two sizes that were run, x(words) is taken as a power law: log x is
linear in log words. CACTI changes a macro's organisation in steps, so that a run left out of the
table is met within 19 % in read energy, 31 % in write energy, 9 % in area and 29 % in access time.
The macros of every engine preset are among the runs.

Leakage is from OpenRAM's SPICE simulations of its FreePDK45 macros (version 1.2.48 on PyPI,
technology/freepdk45/sim_data/sim_data.csv; typical transistors, 1.0 V, 25 C). Those of one
undivided array are in `sram_spice.json`; a fit of a share for each cell, bit of a word and macro is
within 4 % of all of them, within 8 % of one left out. CACTI's own leakage is an order of magnitude
above it: the roadmap's fast transistors leak that much, those of FreePDK45 do not.

How far others are from this model is in `TECHNOLOGY`:
- reading costs 1.1 to 1.6 times as much by the same simulations of OpenRAM, as power times the
  shortest period that it accepts, twice the delay (without wires, so these are lower bounds), and
  2.4 times as much by Horowitz (ISSCC 2014: 64 bits of an 8 KiB cache 10 pJ, of 32 KiB 20 pJ);
- access takes OpenRAM's macros 1.8 to 2.2 times as long;
- OpenRAM's layouts in FreePDK45 have 0.826 Mb/mm2 by its documentation, 3.1 times CACTI's area.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, log

from synth.errors import SynthesisInputError
from synth.sram_table import TABLE

SLICE_BITS = 32
MACRO_BITS = (32, 64, 128)
MACRO_PORTS = (1, 2)

CELL_LEAKAGE_NW = 5.047
COLUMN_LEAKAGE_NW = 144.5  # for every bit of a word, with its columns' circuits
MACRO_LEAKAGE_NW = 2572.0
# Leakage of a cell with two ports: eight transistors instead of six.
SECOND_PORT = 8 / 6


@dataclass(frozen=True, kw_only=True)
class Technology:
    """What the figures of this module hold for.

    energy_band, area_band: least and largest factor from the model to what other sources say.
    """

    name: str
    node_nm: float
    voltage: float
    temperature_c: float
    corner: str
    energy_source: str
    leakage_source: str
    energy_band: tuple[float, float]
    area_band: tuple[float, float]


TECHNOLOGY = Technology(
    name="ITRS-HP 45 nm",
    node_nm=45,
    voltage=1.0,
    temperature_c=27,
    corner="typical",
    energy_source="CACTI 7.0",
    leakage_source="OpenRAM 1.2.48, SPICE of FreePDK45",
    energy_band=(1.0, 2.4),
    area_band=(1.0, 3.1),
)


def check_node(node_nm: float) -> None:
    """Raise SynthesisInputError unless the figures hold for a library of this node."""
    if node_nm != TECHNOLOGY.node_nm:
        raise SynthesisInputError(
            f"there is no memory model for {node_nm:g} nm, only for {TECHNOLOGY.node_nm:g} nm: "
            f"give figures of the array alone"
        )


@dataclass(frozen=True, kw_only=True)
class Sram:
    """One macro; a macro of fewer words than CACTI was run for counts as one of so many.

    words: at most those that were run. bits: of a word, 32, 64 or 128.
    ports: 1 is 1RW, 2 is 1RW + 1R; an access through either costs the same.

    Raises SynthesisInputError naming the field.
    """

    words: int
    bits: int
    ports: int = 1

    def __post_init__(self) -> None:
        if self.bits not in MACRO_BITS or self.ports not in MACRO_PORTS:
            raise SynthesisInputError(
                f"a macro's bits must be one of {MACRO_BITS} and its ports of {MACRO_PORTS}, "
                f"not {self.bits} and {self.ports}"
            )
        if not 1 <= self.words <= max_words(self.bits, self.ports):
            raise SynthesisInputError(
                f"words of a macro of {self.bits} bits must be in "
                f"1..{max_words(self.bits, self.ports)}, not {self.words}"
            )

    @property
    def area_um2(self) -> float:
        """Area of the macro."""
        return self._figure("area_um2")

    @property
    def read_energy_fj(self) -> float:
        """Energy of reading a word."""
        return self._figure("read_fj")

    @property
    def write_energy_fj(self) -> float:
        """Energy of writing a word, or slices of it: the columns left out are precharged too."""
        return self._figure("write_fj")

    @property
    def access_ns(self) -> float:
        """Time from the clock edge to the data."""
        return self._figure("access_ns")

    @property
    def leakage_nw(self) -> float:
        """Power of the macro at rest."""
        cells = self.words * self.bits * CELL_LEAKAGE_NW * (SECOND_PORT if self.ports == 2 else 1)
        return cells + self.ports * (self.bits * COLUMN_LEAKAGE_NW + MACRO_LEAKAGE_NW)

    def _figure(self, name: str) -> float:
        runs = macro_runs(self.bits, self.ports)
        return interpolate({run["words"]: run[name] for run in runs}, self.words)


@dataclass(frozen=True, kw_only=True)
class WideMemory:
    """A memory of any size out of macros.

    words, bits, ports: of the memory; bits are rounded up to whole slices.

    A word is spread over macros of 128 bits and one of 32, 64 or 128 for the rest. More words than
    a macro can have are spread evenly over banks, of which an access reaches one. Wires to the
    macros and the multiplexer behind the banks are not in the figures.
    """

    words: int
    bits: int
    ports: int = 1

    @property
    def bank(self) -> tuple[Sram, ...]:
        """Macros of a bank."""
        most = MACRO_BITS[-1]
        slices = ceil(self.bits / SLICE_BITS)
        whole, rest = divmod(slices * SLICE_BITS, most)
        widths = [most] * whole
        if rest:
            widths.append(min(width for width in MACRO_BITS if width >= rest))
        words = ceil(self.words / self.banks)
        return tuple(Sram(words=words, bits=width, ports=self.ports) for width in widths)

    @property
    def banks(self) -> int:
        """Banks of the memory."""
        return ceil(self.words / max_words(min(MACRO_BITS[-1], self.bits), self.ports))

    @property
    def macros(self) -> int:
        """Macros of all banks."""
        return self.banks * len(self.bank)

    @property
    def area_um2(self) -> float:
        """Area of all macros."""
        return self.banks * sum(macro.area_um2 for macro in self.bank)

    @property
    def read_energy_fj(self) -> float:
        """Energy of reading a word."""
        return sum(macro.read_energy_fj for macro in self.bank)

    @property
    def write_energy_fj(self) -> float:
        """Energy of writing a whole word."""
        return sum(macro.write_energy_fj for macro in self.bank)

    @property
    def slice_write_energy_fj(self) -> float:
        """Energy of writing one slice: its macro's, of the widest one."""
        return self.bank[0].write_energy_fj

    @property
    def leakage_nw(self) -> float:
        """Power of all macros at rest."""
        return self.banks * sum(macro.leakage_nw for macro in self.bank)

    @property
    def access_ns(self) -> float:
        """Time from the clock edge to the slowest macro's data."""
        return max(macro.access_ns for macro in self.bank)


@cache
def macro_runs(bits: int, ports: int) -> tuple[dict[str, float], ...]:
    """Runs of CACTI for macros of this width, fewest words first."""
    runs = json.loads(TABLE.read_text())
    return tuple(run for run in runs if (run["bits"], run["ports"]) == (bits, ports))


def max_words(bits: int, ports: int) -> int:
    """Most words that a macro of at least this width can have."""
    width = min(width for width in MACRO_BITS if width >= bits)
    return int(macro_runs(width, ports)[-1]["words"])


def interpolate(runs: dict[float, float], words: int) -> float:
    """Power law between the two neighbouring runs; the first run below the first."""
    if words <= min(runs):
        return runs[min(runs)]
    for (low, before), (high, after) in pairwise(sorted(runs.items())):
        if words <= high:
            return before * (after / before) ** (log(words / low) / log(high / low))
    raise ValueError(f"{words} words are more than {max(runs)}")
