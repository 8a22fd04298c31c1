from dataclasses import replace

import pytest

from sigmaquant.area_tables import comparison, memory_table, missed, module_table
from sigmaquant.report.area_page import render
from sigmaquant.report.charts.area_delay import by_design
from synth.memories import MemoryArea
from synth.record import AreaRecord, PartArea

UNIT = PartArea(
    name="Unit_0",
    instances=4,
    variant="booth-ripple-area",
    area_um2=200.0,
    sequential_area_um2=50.0,
)
TOP = PartArea(
    name="top", instances=1, variant="array-ripple-flow", area_um2=150.0, sequential_area_um2=100.0
)
RECORD = AreaRecord(
    design="engine-mine",
    preset="mine",
    configuration={},
    area_um2=1000.0,
    sequential_area_um2=300.0,
    buffer_area_um2=50.0,
    nand2_equivalents=1250.0,
    critical_path_ns=2.5,
    path_start="flip_flop",
    path_end="words/w0_en[0]",
    period_ns=2.0,
    memories=[],
    critical_path_with_memories_ns=None,
    parts=[TOP, UNIT],
    cells={"INV": 3},
    macs_per_cycle={"2": 16.0, "4": 8.0, "6": 6.0, "8": 4.0},
    liberty={"name": "small", "sha256": "0" * 64, "nand2_um2": 0.8},
    versions={"pyosys": "0.0"},
    rtlil_sha256="1" * 64,
    netlist_sha256="2" * 64,
    flow_version=3,
)
WEIGHTS = MemoryArea(
    name="weights", count=2, words=64, bits=32, area_um2=4000.0, access_ns=0.5, reason=""
)


def test_a_missed_period_is_in_the_table_with_both_numbers() -> None:
    (row,) = comparison([RECORD]).rows

    assert row[:7] == ("engine-mine", "2.00", "2.50", "", "NO", "1,000", "1,250")
    assert row[-3:] == ("250.0", "125.0", "62.5")
    (line,) = missed([RECORD, replace(RECORD, period_ns=2.5)])
    assert line == (
        "engine-mine misses 2.00 ns: its longest path takes 2.50 ns, from flip_flop to "
        "words/w0_en[0]"
    )


def test_a_path_through_memories_counts() -> None:
    late = replace(RECORD, period_ns=2.6, critical_path_with_memories_ns=2.7)
    (row,) = comparison([late]).rows
    assert row[1:5] == ("2.60", "2.50", "2.70", "NO")
    (line,) = missed([late])
    assert "its longest path takes 2.50, with memories 2.70 ns, from" in line


def test_a_design_without_a_rate_has_no_area_per_rate() -> None:
    (row,) = comparison([replace(RECORD, macs_per_cycle={})]).rows
    assert row[-3:] == ("", "", "")


def test_modules_add_up_to_the_design() -> None:
    unit, top, buffers = module_table(RECORD).rows

    assert unit[:4] == ("Unit_0", "4", "600", "200")
    assert top[:4] == ("top", "1", "50", "100")
    assert buffers[2:4] == ("50", "0")
    combinational, sequential = (
        sum(float(row[column]) for row in (unit, top, buffers)) for column in (2, 3)
    )
    assert sequential == RECORD.sequential_area_um2
    assert combinational + sequential == RECORD.area_um2


@pytest.mark.parametrize(
    ("memory", "cells"),
    [
        (WEIGHTS, ("weights", "2", "64", "32", "4,000", "0.50")),
        (
            replace(WEIGHTS, area_um2=None, access_ns=None, reason="no model here"),
            ("weights", "2", "64", "32", "\N{EN DASH}", "\N{EN DASH}"),
        ),
    ],
)
def test_memories_without_a_model_have_no_figures(
    memory: MemoryArea, cells: tuple[str, ...]
) -> None:
    assert memory_table(replace(RECORD, memories=[memory])).rows == (cells,)


def test_the_page_says_what_memories_add_or_why_not() -> None:
    known = replace(RECORD, memories=[WEIGHTS], critical_path_with_memories_ns=3.25)
    unknown = replace(WEIGHTS, area_um2=None, access_ns=None, reason="no model here")

    assert "Memories: 4,000 µm², none of it in the area of cells." in render([known], "x")
    assert "The longest path is 3.25 ns where data leave a memory" in render([known], "x")
    page = render([replace(RECORD, memories=[unknown])], "x")
    assert "no model here." in page
    assert "Memories: 4,000" not in page


def test_a_curve_needs_several_periods() -> None:
    slower = replace(RECORD, period_ns=4.0, critical_path_ns=3.5, area_um2=900.0)

    assert "<svg" not in render([RECORD], "x")
    page = render([slower, RECORD], "x")
    assert "engine-mine: 900 µm² at 3.50 ns, 1,000 µm² at 2.50 ns." in page
    assert by_design([slower, RECORD]) == {"engine-mine": [RECORD, slower]}
    assert render([slower, RECORD], "x") == page
