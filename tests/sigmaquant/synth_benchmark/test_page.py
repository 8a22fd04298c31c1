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
    beyond,
    demands,
    images,
    late,
    published,
    systems,
)
from sigmaquant.tables import percent
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
    assert "training the networks is apart" in part


def test_ratios_are_those_of_the_figures(shown: Shown, found: Figures):
    _, part = shown(found)
    ours, rival = (made.AREAS[name] / 384 for name in (OURS, "edge_int8_booth"))
    assert f"| 8 bits | {ours:,.1f} | {rival:,.1f} | 105.9\N{NO-BREAK SPACE}% |" in part
    assert "array is 62.2\N{NO-BREAK SPACE}% of that of the best INT8 array" in part


def test_what_is_not_met_is_named(found: Figures):
    missed = [bar.name for bar in found.bars if not bar.met]
    assert missed
    said = demands(found)
    message = rf"With {made.LIBRARY}, {len(missed)} of {len(found.bars)} demands (is|are) not met: "
    assert re.match(message, said)
    assert said.count("at most") == len(missed)


def test_all_met(found: Figures):
    met = [bar.model_copy(update={"met": True}) for bar in found.bars]
    said = demands(found.model_copy(update={"bars": met}))
    assert said == f"With {made.LIBRARY}, all {len(met)} demands are met."


def test_what_beats_ours_is_said(found: Figures):
    none = "No other array takes less area per MAC/cycle or less energy at the mix."
    assert better(found.main) == [none]
    designs = dict(found.main.designs)
    better_one = designs["edge_pair_sum"].model_copy(
        update={"area_per_mac_cycle": dict.fromkeys(("8", "6", "4", "2", "mix"), 10.0)}
    )
    designs["edge_pair_sum"] = better_one
    (said,) = better(found.main.model_copy(update={"designs": designs}))
    assert said.startswith("Shift-add, one plane of pair sums: 95.0\N{NO-BREAK SPACE}% less area")


def test_what_takes_less_energy_for_an_image_is_said(found: Figures):
    arrays = dict(found.main.inference[made.NETWORK])
    assert better_on(arrays) == ["Of 3 arrays measured here none takes less energy than ours."]
    ours = arrays[OURS].array_nj or 0
    arrays["edge_int8"] = arrays["edge_int8"].model_copy(update={"array_nj": ours * 0.9})
    (said,) = better_on(arrays)
    assert said.startswith("INT8 dot product, Baugh-Wooley: 10.0\N{NO-BREAK SPACE}% less energy")


def test_who_misses_the_clock_is_said(found: Figures):
    (said,) = late(found.main)
    assert said.startswith("Bricks of 2 bits, as BitFusion: misses")
    assert "misses the clock of 2.00 ns by 5.0\N{NO-BREAK SPACE}%" in said


def test_memories_give_a_range(shown: Shown, found: Figures):
    (said,) = systems(found)
    # Array 846 and 1658 nJ, four memories of 250 nJ on ours and of 500 on others, 4 mW of leakage.
    ends = [
        (846 + factor * 1000 + 4 * 18) / (1658 + factor * 2000 + 4 * 24) for factor in (1.0, 2.4)
    ]
    assert said == (
        f"{made.NETWORK}: with memories {percent(min(ends))} to {percent(max(ends))} of the energy "
        "of the best INT8 engine."
    )
    whole, _ = shown(found)
    assert "1 to 2.4 times as much" in whole
    assert "activations are read again for every 4 output channels, for every 16 on ours" in whole


def test_who_takes_less_with_memories_is_said(found: Figures):
    arrays = dict(found.main.inference[made.NETWORK])
    arrays["edge_bit_plane"] = arrays[OURS].model_copy(update={"array_nj": 100.0})
    library = found.main.model_copy(update={"inference": {made.NETWORK: arrays}})
    _, said = systems(found.model_copy(update={"libraries": {made.LIBRARY: library}}))
    assert said.startswith(f"{made.NETWORK}: shift-add, bit-planes takes ")


def test_an_image_is_told_against_the_best(found: Figures):
    (said,) = images(found)
    assert "75.0\N{NO-BREAK SPACE}% of the time of the best INT8 array" in said
    area_time = made.AREAS[OURS] * 9 / (made.AREAS["edge_int8_booth"] * 12)
    assert f"{percent(area_time)} of its area x time" in said
    assert f"{percent(846 / 1658)} of its energy" in said


def test_a_library_above_a_limit_says_so(found: Figures):
    name = "area_mix_of_int8_pe"
    library = found.main.model_copy(update={"ratios": {name: 0.32, "unknown": 9.0}})
    (said,) = beyond(found, library)
    assert said.startswith("Above its limit of 30.0\N{NO-BREAK SPACE}% with this library: area at")


def test_without_memories_there_is_no_part_of_them(shown: Shown):
    without = figures(PLAN, {made.LIBRARY: made.measured(memories=False)}, (1.0, 2.4), 1.0)
    whole, _ = shown(without)
    assert f"No figures: there is no memory model beside {made.LIBRARY}" in whole
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
    assert "takes 1.90 ns, theirs 1.90 ns and 1.90 ns" in said


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
