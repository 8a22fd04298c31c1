"""explore.json: figures by hand, and what a record refuses."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from sigmaquant.errors import StoreError
from sigmaquant.explore_record import FILE, ExploreRecord, figure
from sigmaquant.explore_results import ExploredArray
from sigmaquant.results import Liberty
from tests.helpers.explored import ALL, BEATEN, EDGE, FAST, SLOW, array, record


def test_figures_of_an_array():
    # 1000 cycles of 2 ns; 800 would be ideal for 10^6 MACs.
    assert EDGE.time_us == pytest.approx(2.0)
    assert EDGE.engine_us == pytest.approx(6.0)
    assert EDGE.utilisation == pytest.approx(0.8)
    assert EDGE.um2_per_mac_cycle == pytest.approx(70_000 * 800 / 1e6)
    assert EDGE.leakage_nj == pytest.approx(5000e-9 * 2e-6 * 1e9)
    assert EDGE.area_time == pytest.approx(140_000)
    assert EDGE.energy_delay == pytest.approx(80)
    assert EDGE.costs == (70_000, pytest.approx(2.0), 40)
    assert BEATEN.engine_costs is None


def test_a_clock_is_no_faster_than_the_longest_path():
    assert array("pair_sum2-1x1x8", 1.0, 1000, 1.0, path_ns=3.0).time_us == pytest.approx(3.0)


def test_front_and_winner_are_in_the_file_and_follow_from_the_arrays():
    found = record(*ALL)
    assert found.optimal == [EDGE.label, FAST.label, SLOW.label]
    assert found.winner == EDGE.label
    values = json.loads(found.model_dump_json())
    assert values["optimal"] == found.optimal
    assert values["winner"] == EDGE.label
    assert values["arrays"][0]["time_us"] == pytest.approx(2.0)
    assert values["arrays"][0]["area"]["netlist_sha256"] == EDGE.area.netlist_sha256
    again = ExploreRecord.model_validate(values | {"winner": SLOW.label})
    assert again == found


def test_the_table_has_the_best_first_and_shares_of_the_preset():
    rows = record(*ALL).table().rows
    assert [row[0] for row in rows] == [
        "edge 2x16x48",
        "pair_sum2 4x16x24",
        "booth_digit 2x16x48",
        "edge_int8_booth 4x4x24",
    ]
    assert rows[0][1:4] == ("70,000", "2", "40")
    assert [row[-1] for row in rows] == ["yes", "yes", "", "yes"]
    # 80 / 70 x 0.9; 44 / 40 x 0.9; and both areas, energies and the time once.
    assert [cell.rstrip("\xa0%") for cell in rows[1][4:7]] == ["102.9", "99.0", "113.1"]


def test_the_details_say_where_there_is_no_engine():
    found = record(*ALL).details()
    place = found.headers.index("engine, cycles")
    assert [row[place] for row in found.rows] == ["3,000", "3,000", "none", "3,000"]
    assert found.rows[2][place + 1] == ""


def test_without_the_preset_ratios_are_those_to_the_winner():
    found = record(FAST, BEATEN, left_out={"edge": "too narrow"})
    assert found.named is None
    assert found.reference is found.of(FAST.label)
    assert found.table().rows[0][6] == "100.0\xa0%"


def test_figures_of_two_netlists_are_not_one_array():
    other = EDGE.energy.model_copy(update={"netlist_sha256": "0" * 64})
    with pytest.raises(ValidationError, match="area and energy are of different netlists"):
        ExploredArray(
            label=EDGE.label, presets=[], area=EDGE.area, timing=EDGE.timing, energy=other
        )


@pytest.mark.parametrize(
    "update",
    [{"period_ns": 3.0}, {"liberty": Liberty(name="other.lib", sha256="0" * 64)}],
)
def test_arrays_under_other_conditions_do_not_compare(update: dict[str, object]):
    other = FAST.model_copy(update={"area": FAST.area.model_copy(update=update)})
    with pytest.raises(ValidationError, match="different libraries or clock periods"):
        record(EDGE, other)


def test_a_record_is_read_back_or_refused(tmp_path: Path):
    with pytest.raises(StoreError, match=r"explore.json: nothing was explored here; run"):
        ExploreRecord.read(tmp_path)
    (tmp_path / FILE).write_text(record(*ALL).model_dump_json())
    assert ExploreRecord.read(tmp_path) == record(*ALL)
    (tmp_path / FILE).write_text(record(*ALL).model_dump_json().replace("cells", "sells"))
    with pytest.raises(StoreError, match=r"explore.json: damaged; run `sigmaquant explore` again"):
        ExploreRecord.read(tmp_path)


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (100, "100"), (99.94, "99.9"), (0.01234, "0.0123")]
)
def test_figures_have_three_digits(value: float, text: str):
    assert figure(value) == text
