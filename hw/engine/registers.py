"""The host's registers: the one description behind hardware, drivers and docs/registers.md.

`python -m hw.engine.registers` writes the document again.
"""

import json
import zlib
from dataclasses import asdict
from pathlib import Path

from hw.config import EngineConfig
from hw.engine.load_port import LoadTarget
from hw.engine.program import BYTES_BITS, ErrorCode
from hw.engine.register import DATA_BITS, Access, Field, Register, table
from hw.matrix_unit import parameters_shape

ADDRESS_BITS = 8
IDENTITY = int.from_bytes(b"SQEN", "big")
VERSION = 1
NO_TIMEOUT = (1 << DATA_BITS) - 1
_INTRODUCTION = """\
# Registers of the engine

Written by `python -m hw.engine.registers` from `hw/engine/registers.py`: change that.

32-bit registers on AXI4-Lite, byte addresses; `wstrb` is honoured. Any other address, and writing a
read-only register, is answered with SLVERR and has no effect. Access: `ro` read, `rw` read and
write, `w1` write 1 to cause something, reads 0. Bits not named read 0. `R` is the array's rows, `W`
the bytes of a word of activation memory. How a host uses them: `hw/engine/engine.py`.
"""
DOCUMENT = Path(__file__).parents[2] / "docs" / "registers.md"


def _field(name: str, low: int, width: int, description: str) -> Field:
    return Field(name=name, low=low, width=width, description=description)


def _whole(
    name: str, offset: int, access: Access, description: str, *, reset: int | None = None
) -> Register:
    """A register that is one field, `value`."""
    return Register(
        name=name,
        offset=offset,
        access=access,
        fields=(_field("value", 0, DATA_BITS, "all bits"),),
        description=description,
        reset=reset,
    )


COUNTERS = {
    "cycles": "clock cycles from the start to the last code written",
    "steps": "weight beats that the array took",
    "blocked": "cycles in which the array stood still because a finished tile could not leave it",
    "activation_reads": "words that windows read from activation memory",
    "activation_writes": "words of results written to activation memory",
    "residual_reads": "words that residual additions read from activation memory",
    "weight_reads": "words read from weight memory",
    "parameter_reads": "words read from parameter memory",
}

_ERRORS = ", ".join(f"{code.value} {code.name}" for code in ErrorCode)
_TARGETS = ", ".join(f"{target.value} {target.name.lower()}" for target in LoadTarget)

_ALL = (
    _whole("identity", 0x00, Access.READ, '"SQEN": this is the engine.', reset=IDENTITY),
    _whole("version", 0x04, Access.READ, "Version of registers and program.", reset=VERSION),
    _whole(
        "configuration",
        0x08,
        Access.READ,
        "CRC-32 of the configuration: a program is for exactly one.",
    ),
    Register(
        name="array",
        offset=0x0C,
        access=Access.READ,
        fields=(
            _field("rows", 0, 16, "R, output rows at a time"),
            _field("columns", 16, 16, "output channels at a time"),
        ),
        description="The array.",
    ),
    Register(
        name="widths",
        offset=0x10,
        access=Access.READ,
        fields=(
            _field("lanes", 0, 16, "elements of a dot product at a time"),
            _field("word_bytes", 16, 16, "W, bytes of a word of activation memory"),
        ),
        description="Lanes and words.",
    ),
    _whole("activation_lines", 0x14, Access.READ, "Lines of 2W bytes in each of the 2R banks."),
    _whole("weight_words", 0x18, Access.READ, "Words of weight memory."),
    _whole("weight_word_bits", 0x1C, Access.READ, "Bits of a weight word."),
    _whole("parameter_words", 0x20, Access.READ, "Words of parameter memory."),
    _whole("parameter_word_bits", 0x24, Access.READ, "Bits of a parameter word."),
    _whole("program_words", 0x28, Access.READ, "32-bit words of program memory."),
    Register(
        name="control",
        offset=0x40,
        access=Access.PULSE,
        fields=(
            _field("start", 0, 1, "run the program; ignored while busy or in error"),
            _field("clear", 1, 1, "clear `done`, the error and a load that has begun"),
            _field("abort", 2, 1, "stop the run and forget a load that has begun"),
        ),
        description="Write 1 to cause it; start only alone.",
        reset=0,
    ),
    Register(
        name="status",
        offset=0x44,
        access=Access.READ,
        fields=(
            _field("busy", 0, 1, "running, or sending the result; loads wait"),
            _field("done", 1, 1, "the result was sent; raises `irq`; until start, clear, error"),
            _field("error", 2, 1, "see `error`; raises `irq`; until clear"),
            _field("program_valid", 3, 1, "a program was loaded and its checksum is right"),
            _field("loading", 4, 1, "a load has begun and its last word has not come"),
        ),
        description="What the engine does.",
    ),
    Register(
        name="error",
        offset=0x48,
        access=Access.READ,
        fields=(_field("code", 0, 4, _ERRORS),),
        description="The first error since the last clear.",
    ),
    _whole(
        "timeout",
        0x4C,
        Access.WRITE,
        "Cycles after which a run that still computes ends with TIMEOUT.",
        reset=NO_TIMEOUT,
    ),
    Register(
        name="load_target",
        offset=0x50,
        access=Access.WRITE,
        fields=(_field("target", 0, 2, _TARGETS),),
        description="What the load stream is for. Set before a load's first word.",
        reset=0,
    ),
    _whole(
        "load_address",
        0x54,
        Access.WRITE,
        "First word of weights or parameters; line of image row 0. Programs begin at 0.",
        reset=0,
    ),
    Register(
        name="load_pitch",
        offset=0x58,
        access=Access.WRITE,
        fields=(_field("lines", 0, 16, "lines between rows of one bank"),),
        description="Activations only.",
        reset=0,
    ),
    Register(
        name="load_row_bytes",
        offset=0x5C,
        access=Access.WRITE,
        fields=(_field("bytes", 0, BYTES_BITS, "bytes of an image row"),),
        description="Activations only. A row takes a whole number of stream words.",
        reset=0,
    ),
    *(
        _whole(name, 0x80 + 4 * index, Access.READ, f"Of the last run: {text}.")
        for index, (name, text) in enumerate(COUNTERS.items())
    ),
)

REGISTERS = {register.name: register for register in _ALL}


def configuration_id(config: EngineConfig) -> int:
    """CRC-32 of everything that a program depends on; the register `configuration` holds it."""
    return zlib.crc32(json.dumps(asdict(config), sort_keys=True).encode())


def constants(config: EngineConfig) -> dict[str, int]:
    """Words of the read-only registers that never change, by name."""
    array, channels = config.array, parameters_shape(config.array)
    return {
        "identity": IDENTITY,
        "version": VERSION,
        "configuration": configuration_id(config),
        "array": REGISTERS["array"].word(rows=array.rows, columns=array.columns),
        "widths": REGISTERS["widths"].word(lanes=array.lanes, word_bytes=config.word_bytes),
        "activation_lines": config.activation_lines,
        "weight_words": config.weight_words,
        "weight_word_bits": config.weight_word_bits,
        "parameter_words": config.parameter_words,
        "parameter_word_bits": channels.size,
        "program_words": config.program_words,
    }


def markdown() -> str:
    """docs/registers.md."""
    return f"{_INTRODUCTION}\n{table(REGISTERS.values())}"


if __name__ == "__main__":
    DOCUMENT.write_text(markdown(), encoding="utf-8")
