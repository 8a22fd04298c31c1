"""What a register is: one description for hardware, drivers and documentation."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from amaranth.hdl import unsigned
from amaranth.lib import data

DATA_BITS = 32


class Access(StrEnum):
    """What the host can do: read; read and write; write 1 to cause something, reading 0."""

    READ = "ro"
    WRITE = "rw"
    PULSE = "w1"


@dataclass(frozen=True, kw_only=True)
class Field:
    """Bits low .. low + width - 1 of a register."""

    name: str
    low: int
    width: int
    description: str


@dataclass(frozen=True, kw_only=True)
class Register:
    """A 32-bit register at byte address `offset`.

    reset: value after reset; None where the configuration or the hardware says it. Bits that no
    field covers read as 0 and ignore what is written.
    """

    name: str
    offset: int
    access: Access
    fields: tuple[Field, ...]
    description: str
    reset: int | None = None

    @property
    def layout(self) -> data.FlexibleLayout:
        """Fields by name."""
        fields: dict[int | str, data.Field] = {
            field.name: data.Field(unsigned(field.width), field.low) for field in self.fields
        }
        return data.FlexibleLayout(DATA_BITS, fields)

    def field(self, name: str) -> Field:
        """A field by its name; KeyError if there is none."""
        return {field.name: field for field in self.fields}[name]

    def word(self, **values: int) -> int:
        """The register's value with these fields set and all others 0."""
        fields = {field.name: field for field in self.fields}
        return sum(value << fields[name].low for name, value in values.items())

    def fields_of(self, word: int) -> dict[str, int]:
        """Field values of a word that was read."""
        return {field.name: word >> field.low & ((1 << field.width) - 1) for field in self.fields}


def table(registers: Iterable[Register]) -> str:
    """Markdown table of registers and their fields."""
    lines = ["| address | register | bits | access | reset | |", "|---|---|---|---|---|---|"]
    for register in registers:
        lines += _rows(register)
    return "\n".join([*lines, ""])


def _rows(register: Register) -> list[str]:
    """The register, then its fields unless it is one."""
    reset = "" if register.reset is None else f"0x{register.reset:X}"
    fields = () if register.fields[0].width == DATA_BITS else register.fields
    cells = [
        f"0x{register.offset:02X}",
        f"`{register.name}`",
        "" if fields else f"{DATA_BITS - 1}:0",
        register.access.value,
        reset,
        register.description,
    ]
    rows = [f"| {' | '.join(cells)} |"]
    for field in fields:
        high = field.low + field.width - 1
        bits = f"{high}:{field.low}" if field.width > 1 else f"{field.low}"
        rows.append(f"| | `.{field.name}` | {bits} | | | {field.description} |")
    return rows
