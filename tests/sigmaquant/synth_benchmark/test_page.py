import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from sigmaquant.synth_benchmark import page, record
from sigmaquant.synth_benchmark.figures import figures
from sigmaquant.synth_benchmark.pictures import pictures
from sigmaquant.synth_benchmark.plan import LABELS, OURS, PLAN
from sigmaquant.synth_benchmark.record import Figures
from sigmaquant.synth_benchmark.statements import (
    better,
    better_on,
    demands,
    late,
    published,
    systems,
)
from tests.helpers import synth_figures as made

Shown = Callable[[Figures], tuple[str, str]]


@pytest.fixture(scope="module")
def found() -> Figures:
    return made.made_up()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The page and the README's part of given figures."""

    def make(figures: Figures) -> tuple[str, str]:
        kept = {"command": "sigmaquant benchmark synth"}
        monkeypatch.setattr(record, "read", lambda: (kept, figures))
        return page.page(), page.readme()

    return make


def test_every_array_is_in_the_page(shown: Shown, found: Figures):
    whole, part = shown(found)
    for name in (*PLAN.arrays, *PLAN.macs):
        assert LABELS[name] in whole
    assert f"library {made.LIBRARY}" in part
    assert "the networks' training apart" in part


def test_ratios_are_those_of_the_figures(shown: Shown, found: Figures):
    _, part = shown(found)
    ours, rival = (made.AREAS[name] / 384 for name in (OURS, "edge_int8_booth"))
    assert f"| 8 bits | {ours:,.1f} | {rival:,.1f} | 105.9\N{NO-BREAK SPACE}% |" in part
    assert "62.2\N{NO-BREAK SPACE}% of the area" in part


def test_what_is_not_met_is_named(found: Figures):
    missed = [bar.name for bar in found.bars if not bar.met]
    assert missed
    said = demands(found)
    assert re.match(rf"{len(missed)} of {len(found.bars)} demands (is|are) not met: ", said)
    assert said.count("at most") == len(missed)


def test_all_met(found: Figures):
    met = [bar.model_copy(update={"met": True}) for bar in found.bars]
    said = demands(found.model_copy(update={"bars": met}))
    assert said == f"All {len(met)} demands are met."


def test_what_beats_ours_is_said(found: Figures):
    assert better(found.main) == ["No other array takes less area or less energy at the mix."]
    designs = dict(found.main.designs)
    better_one = designs["edge_pair_sum"].model_copy(
        update={"area_per_mac_cycle": dict.fromkeys(("8", "6", "4", "2", "mix"), 10.0)}
    )
    designs["edge_pair_sum"] = better_one
    (said,) = better(found.main.model_copy(update={"designs": designs}))
    assert said.startswith("Shift-add, one plane of pair sums: 95.0\N{NO-BREAK SPACE}% less area")


def test_what_takes_less_energy_for_an_image_is_said(found: Figures):
    arrays = dict(found.main.inference[made.NETWORK])
    assert better_on(arrays) == []
    ours = arrays[OURS].array_nj or 0
    arrays["edge_int8"] = arrays["edge_int8"].model_copy(update={"array_nj": ours * 0.9})
    (said,) = better_on(arrays)
    assert said.startswith("INT8 dot product, Baugh-Wooley: 10.0\N{NO-BREAK SPACE}% less energy")


def test_who_misses_the_clock_is_said(found: Figures):
    (said,) = late(found.main)
    assert said.startswith("Bricks of 2 bits, as BitFusion misses")
    assert "misses the clock of 2.00 ns by 5.0\N{NO-BREAK SPACE}%" in said


def test_memories_give_a_range(shown: Shown, found: Figures):
    (said,) = systems(found)
    low, high = map(float, re.findall(r"([\d.]+)\N{NO-BREAK SPACE}%", said))
    # Equal memories on both sides bring the ratio nearer to one, the more so the dearer they are.
    assert 51 < low < high < 100
    whole, _ = shown(found)
    assert "1 to 2.4 times as much" in whole


def test_without_memories_there_is_no_part_of_them(shown: Shown):
    without = figures(PLAN, {made.LIBRARY: made.measured(memories=False)}, (1.0, 2.4), 1.0)
    whole, _ = shown(without)
    assert "## With memories" not in whole
    assert [chart.name for chart in pictures(without)] == ["arrays", "widths", "area-delay"]


def test_the_curve_has_every_clock(shown: Shown, found: Figures):
    whole, _ = shown(found)
    rows = [line for line in whole.splitlines() if line.startswith(f"| {LABELS[OURS]} | ")]
    clocks = [row.split(" | ")[1:3] for row in rows if row.count("|") == 5]
    assert clocks == [["1.50", "1.90, too long"], ["2.00", "1.90"], ["3.00", "1.90"]]
    without = figures(PLAN, {made.LIBRARY: made.measured(curve=())}, (1.0, 2.4), 1.0)
    whole, _ = shown(without)
    assert "## Area against delay" not in whole


def test_the_second_library_has_its_tables(shown: Shown):
    two = {made.LIBRARY: made.measured(), "other": made.measured(memories=False)}
    whole, _ = shown(figures(PLAN, two, (1.0, 2.4), 1.0))
    assert "## With other" in whole
    header = next(line for line in whole.splitlines() if line.startswith("| shift-add | against"))
    assert header.endswith("| other |")


def test_the_paper_s_comparison_has_its_caveats(found: Figures):
    said = " ".join(published(found.main))
    assert "22.3\N{NO-BREAK SPACE}% smaller" in said
    assert "20.6\N{NO-BREAK SPACE}% less energy" in said
    assert "It takes 8.00 cycles" in said


def test_pictures_tell_their_figures(found: Figures):
    charts = {chart.name: chart for chart in pictures(found)}
    assert list(charts) == ["arrays", "widths", "images", "area-delay"]
    ours = found.main.designs[OURS]
    assert f"{ours.area_per_mac_cycle['mix']:.0f}" in charts["arrays"].alt
    assert made.NETWORK in charts["images"].alt
    assert all(chart.svg.startswith("<svg") for chart in charts.values())


def test_a_network_without_limits_is_shown_all_the_same(shown: Shown):
    plan = replace(PLAN, budgets=())
    whole, _ = shown(figures(plan, {made.LIBRARY: made.measured()}, (1.0, 2.4), 1.0))
    assert f"### {made.NETWORK}" in whole
