import random
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import SynthesisInputError, SynthesisToolError
from synth.flow import Options, Synthesis, default_period_ns, synthesise
from synth.liberty import Liberty
from synth.timing import analyse
from tests.synth import small_designs
from tests.synth.equivalence import prove_equal
from tests.synth.netlist_simulator import NetlistSimulator

RUNS = 64
CYCLES = 40
STATEFUL = r"""
attribute \top 1
module \top
  wire input 0 \enable
  wire input 1 \d
  wire output 2 \q
  cell %s $1
    parameter \WIDTH 1
%s    connect \EN \enable
    connect \%s \d
    connect \%s \q
  end
end
"""
LATCH = STATEFUL % ("$dlatch", "    parameter \\EN_POLARITY 1\n", "D", "Q")
TRISTATE = STATEFUL % ("$tribuf", "", "A", "Y")
UNKNOWN = r"""
attribute \top 1
module \top
  wire output 0 \q
  cell \ring_oscillator \source
    connect \q \q
  end
end
"""


def test_mapped_grid_computes_what_its_source_says(grid: Synthesis, small: Liberty) -> None:
    rng = random.Random(1)
    simulator = NetlistSimulator(grid.netlist, small, RUNS)
    simulator.set("rst", [0] * RUNS)
    expected = [[[0] * RUNS for _ in range(2)] for _ in range(2)]
    held = [0] * RUNS
    for _ in range(CYCLES):
        x = [[rng.randrange(16) for _ in range(RUNS)] for _ in range(2)]
        w = [[rng.randrange(-8, 8) for _ in range(RUNS)] for _ in range(2)]
        clear = [rng.randrange(2) for _ in range(RUNS)]
        for row in range(2):
            simulator.set(f"x__{row}", x[row])
            simulator.set(f"w__{row}", w[row])
        simulator.set("clear", clear)
        simulator.tick()
        for r in range(2):
            for c in range(2):
                kept = [0 if h else e for h, e in zip(held, expected[r][c], strict=True)]
                products = [a * b for a, b in zip(x[r], w[c], strict=True)]
                expected[r][c] = [k + p for k, p in zip(kept, products, strict=True)]
                assert simulator.get(f"accumulators__{r}__{c}", signed=True) == expected[r][c]
        held = clear


def test_mapped_netlist_is_proved_equivalent_to_its_source(
    grid: Synthesis, small: Liberty, tmp_path: Path
) -> None:
    (tmp_path / "source.il").write_text(small_designs.text(small_designs.Grid()))
    (tmp_path / "cells.lib").symlink_to(small.path)
    (tmp_path / "netlist.v").symlink_to(grid.netlist_file)

    mapped = ["read_liberty cells.lib", "read_verilog netlist.v"]
    prove_equal(["read_rtlil source.il"], mapped, tmp_path)


def test_repeated_unit_is_synthesised_once(grid: Synthesis) -> None:
    instances = {part.name: part.instances for part in grid.parts}

    assert instances == {"top": 1, "MultiplyAccumulate_0": 4}


def test_areas_of_parts_and_buffers_add_up_to_the_cells(grid: Synthesis, small: Liberty) -> None:
    assert grid.area_um2 == pytest.approx(grid.netlist.area_um2(small))
    assert grid.area_um2 == pytest.approx(sum(part.total_area_um2 for part in grid.parts))
    assert 0 < grid.sequential_area_um2 < grid.area_um2
    flip_flops = grid.netlist.cells["DFF"]
    assert flip_flops == 4 * small_designs.ACCUMULATOR_BITS + 1
    assert grid.sequential_area_um2 == pytest.approx(12.0 * flip_flops)


def test_full_adders_go_onto_the_adder_cell(grid: Synthesis) -> None:
    assert grid.netlist.cells["ADDF"] >= 4 * small_designs.ACCUMULATOR_BITS


def test_default_period_is_met(grid: Synthesis, small: Liberty) -> None:
    assert grid.period_ns == pytest.approx(default_period_ns(small))
    assert grid.meets_period


def test_tight_period_costs_area(grid: Synthesis, small: Liberty, tmp_path: Path) -> None:
    fast = synthesise(
        small_designs.text(small_designs.Grid()),
        "top",
        small,
        tmp_path,
        Options(period_ns=0.8 * grid.timing.critical_path_ns),
    )

    assert fast.timing.critical_path_ns < grid.timing.critical_path_ns
    assert fast.area_um2 > grid.area_um2


def test_missed_period_is_told(small: Liberty, tmp_path: Path) -> None:
    options = Options(period_ns=0.01)
    text = small_designs.text(small_designs.MultiplyAccumulate())
    result = synthesise(text, "top", small, tmp_path, options)

    assert not result.meets_period
    assert result.timing.critical_path_ns > 0.01


def test_progress_counts_every_part(small: Liberty, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    text = small_designs.text(small_designs.MultiplyAccumulate())
    synthesise(text, "top", small, tmp_path, progress=lambda *step: seen.append(step))

    assert seen == [("top: top", 1, 3), ("top: choose", 2, 3), ("top: check", 3, 3)]


def test_library_and_folder_may_be_relative(
    small: Liberty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cells.lib").write_bytes(small.path.read_bytes())
    library = replace(small, path=Path("cells.lib"))
    text = small_designs.text(small_designs.MultiplyAccumulate())
    assert synthesise(text, "top", library, Path("work")).area_um2 > 0


def test_memories_stay_black_boxes(lookup: Synthesis, small: Liberty) -> None:
    assert lookup.netlist.cells["memory_8x32_s1_1w1r"] == 2
    assert lookup.netlist.cells["DFF"] == small_designs.ACCUMULATOR_BITS
    assert "memory_8x32_s1_1w1r" not in lookup.logic.cells
    assert lookup.area_um2 == pytest.approx(lookup.logic.area_um2(small))
    assert lookup.area_um2 == pytest.approx(sum(part.total_area_um2 for part in lookup.parts))

    late = {"even.words/r0_data": 5.0}
    timing = analyse(lookup.logic, small, late)
    assert timing.start.startswith("even.words/r0_data[")
    assert 5.0 < timing.critical_path_ns <= 5.0 + lookup.timing.critical_path_ns


def test_logic_around_memories_computes_what_its_source_says(
    lookup: Synthesis, small: Liberty
) -> None:
    rng = random.Random(2)
    simulator = NetlistSimulator(lookup.logic, small, RUNS)
    simulator.set("rst", [0] * RUNS)
    expected = [0] * RUNS
    for _ in range(CYCLES):
        addresses = [rng.randrange(8) for _ in range(RUNS)]
        words = {bank: [rng.randrange(1 << 32) for _ in range(RUNS)] for bank in ("even", "odd")}
        simulator.set("address", addresses)
        for bank, values in words.items():
            simulator.set(f"{bank}.words/r0_data", values)
            assert simulator.get(f"{bank}.words/r0_addr") == [a ^ 5 for a in addresses]
            assert simulator.get(f"{bank}.words/r0_en") == [int(a != 0) for a in addresses]
        simulator.tick()
        both = zip(expected, words["even"], words["odd"], strict=True)
        expected = [(a + b + c) % (1 << small_designs.ACCUMULATOR_BITS) for a, b, c in both]
        assert simulator.get("sum") == expected


def test_cell_that_the_library_lacks_is_an_error(small: Liberty, tmp_path: Path) -> None:
    message = r"^top: library small has no cell for 1 \$_TBUF_ \(log: .*top\.log\)$"
    with pytest.raises(SynthesisToolError, match=message):
        synthesise(TRISTATE, "top", small, tmp_path)


def test_latch_is_refused(small: Liberty, tmp_path: Path) -> None:
    message = r"^Yosys failed at 'top: gates, ripple': .*D latches are not supported \(log: "
    with pytest.raises(SynthesisToolError, match=message):
        synthesise(LATCH, "top", small, tmp_path)


def test_failing_yosys_is_one_line_with_the_log(small: Liberty, tmp_path: Path) -> None:
    message = r"^Yosys failed at 'top: read': .*ring_oscillator.*\(log: .*top\.log\)$"
    with pytest.raises(SynthesisToolError, match=message) as failure:
        synthesise(UNKNOWN, "top", small, tmp_path)
    assert "\n" not in str(failure.value)
    assert (tmp_path / "top.log").is_file()


def test_missing_top_is_named(small: Liberty, tmp_path: Path) -> None:
    text = small_designs.text(small_designs.MultiplyAccumulate())
    with pytest.raises(SynthesisInputError, match=r"^the RTLIL text has no module other$"):
        synthesise(text, "other", small, tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"period_ns": 0.0}, r"^period_ns must be positive, not 0.0$"),
        ({"period_ns": -1.0}, r"^period_ns must be positive, not -1.0$"),
        ({"jobs": 0}, r"^jobs must be at least 1, not 0$"),
    ],
)
def test_wrong_options(values: dict, message: str) -> None:
    with pytest.raises(SynthesisInputError, match=message):
        Options(**values)
