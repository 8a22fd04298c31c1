import json
from pathlib import Path

import pytest

from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.netlist import ONE, ZERO, Hierarchy, Instance, Netlist, flatten, load, read, save
from synth.netlist_verilog import to_verilog
from tests.synth.netlist_simulator import NetlistSimulator

# An inverter whose second output repeats its input and whose third is constant.
INNER = Netlist(
    name="inner",
    net_count=4,
    instances=(Instance("not", "INV", {"A": [2], "Y": [3]}),),
    inputs={"a": [2]},
    outputs={"y": [3], "same": [2], "high": [ONE]},
)
OUTER = Netlist(
    name="outer",
    net_count=8,
    instances=(
        Instance("one", "inner", {"a": [2], "y": [3], "same": [4]}),
        Instance("two", "inner", {"a": [4], "y": [5], "high": [6]}),
        Instance("nand", "NAND2", {"A": [3], "B": [6], "Y": [7]}),
    ),
    inputs={"a": [2]},
    outputs={"first": [3], "second": [5], "nand": [7]},
)
MODULES = {"inner": INNER, "outer": OUTER}


def test_flat_netlist_has_all_cells_named_by_their_path() -> None:
    flat = flatten(MODULES, "outer")

    assert {(i.name, i.cell) for i in flat.instances} == {
        ("one.not", "INV"),
        ("two.not", "INV"),
        ("nand", "NAND2"),
    }


@pytest.mark.parametrize("a", [0, 1])
def test_feed_through_and_constant_ports_keep_their_meaning(small: Liberty, a: int) -> None:
    simulator = NetlistSimulator(flatten(MODULES, "outer"), small, 1)
    simulator.set("a", [a])

    assert [simulator.get(port)[0] for port in ("first", "second", "nand")] == [1 - a, 1 - a, a]


def test_module_of_an_instance() -> None:
    hierarchy = Hierarchy(MODULES, "outer")

    assert hierarchy.module_of("one.not") == "inner"
    assert hierarchy.module_of("one.not.buffer$3") == "inner"
    assert hierarchy.module_of("nand") == "outer"


def test_area_counts_library_cells_alone(small: Liberty) -> None:
    assert OUTER.area_um2(small) == 2.0
    assert flatten(MODULES, "outer").area_um2(small) == 4.0


def test_yosys_json_is_read(tmp_path: Path) -> None:
    module = {
        "ports": {
            "a": {"direction": "input", "bits": [2, 3]},
            "y": {"direction": "output", "bits": [4, "1"]},
        },
        "cells": {"g": {"type": "NAND2", "connections": {"A": [2], "B": ["0"], "Y": [4]}}},
    }
    path = tmp_path / "netlist.json"
    path.write_text(json.dumps({"modules": {"m": module}}))

    assert read(path, "m") == Netlist(
        name="m",
        net_count=5,
        instances=(Instance("g", "NAND2", {"A": [2], "B": [ZERO], "Y": [4]}),),
        inputs={"a": [2, 3]},
        outputs={"y": [4, ONE]},
    )
    with pytest.raises(SynthesisToolError, match=r"^the netlist .*netlist\.json has no module n$"):
        read(path, "n")


def test_verilog_has_ports_cells_and_constants() -> None:
    lines = to_verilog(flatten(MODULES, "outer")).splitlines()

    assert lines[0].startswith("module \\outer ")
    assert "  input [0:0] \\a ;" in lines
    assert sum(line.startswith("  \\INV ") for line in lines) == 2
    assert any(line.startswith("  \\NAND2 ") and "(1'b1)" in line for line in lines)
    assert lines[-1] == "endmodule"


def test_a_stored_netlist_is_the_same_and_so_is_its_file(tmp_path: Path) -> None:
    flat = flatten(MODULES, "outer")
    for name in ("one", "two"):
        save(flat, tmp_path / name)
        assert load(tmp_path / name) == flat
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x1f\x8b\x08broken"])
def test_a_missing_or_broken_netlist_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "netlist.json.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SynthesisToolError, match="delete its folder and synthesise again"):
        load(path)
