"""The register description: consistent, and the committed document says the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hw.config import ENGINES, EngineConfig
from hw.engine import registers
from hw.engine.register import DATA_BITS, Access
from hw.engine.registers import ADDRESS_BITS, COUNTERS, DOCUMENT, REGISTERS, configuration_id


def test_the_document_is_what_the_description_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == registers.markdown(), (
        "docs/registers.md is old; run: python -m hw.engine.registers"
    )


def test_the_document_names_every_register_and_field() -> None:
    text = registers.markdown()
    for register in REGISTERS.values():
        assert f"| 0x{register.offset:02X} | `{register.name}` |" in text
        if register.fields[0].width < DATA_BITS:
            for field in register.fields:
                assert f"| | `.{field.name}` |" in text


def test_addresses_are_words_of_the_address_space_and_differ() -> None:
    offsets = [register.offset for register in REGISTERS.values()]
    assert len(set(offsets)) == len(offsets)
    assert all(offset % 4 == 0 and offset < 1 << ADDRESS_BITS for offset in offsets)
    assert all(name == register.name for name, register in REGISTERS.items())


def test_fields_do_not_overlap() -> None:
    for register in REGISTERS.values():
        bits = [b for f in register.fields for b in range(f.low, f.low + f.width)]
        assert len(set(bits)) == len(bits)
        assert max(bits) < DATA_BITS


def test_what_is_written_has_a_reset_value_and_what_hardware_drives_has_none() -> None:
    constant = registers.constants(ENGINES["edge"])
    for register in REGISTERS.values():
        if register.access is not Access.READ:
            assert register.reset is not None
        elif register.reset is not None:
            assert register.reset == constant[register.name]
    assert REGISTERS.keys() >= constant.keys() | COUNTERS.keys()


def test_words_and_fields() -> None:
    array = REGISTERS["array"]
    word = array.word(rows=2, columns=16)
    assert word == 0x0010_0002
    assert array.fields_of(word) == {"rows": 2, "columns": 16}
    assert array.field("columns").low == 16
    with pytest.raises(KeyError):
        array.word(lanes=1)


def test_constants_are_the_configuration() -> None:
    constant = registers.constants(ENGINES["edge"])
    assert constant["identity"].to_bytes(4, "big") == b"SQEN"
    assert REGISTERS["widths"].fields_of(constant["widths"]) == {"lanes": 48, "word_bytes": 32}
    assert constant["weight_words"] == ENGINES["edge"].weight_words


def test_every_configuration_has_an_identity_of_its_own(config: EngineConfig) -> None:
    others = [
        replace(config, activation_lines=65),
        replace(config, weight_words=33),
        replace(config, array=replace(config.array, unit="pair_sum")),
        *ENGINES.values(),
    ]
    assert len({configuration_id(each) for each in [config, *others]}) == len(others) + 1
    assert configuration_id(config) == configuration_id(replace(config))
