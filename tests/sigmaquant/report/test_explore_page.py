"""The picture and the page of an exploration, from the record alone."""

import re

import pytest

from hw.dot_product.registry import DATAPATHS
from sigmaquant.explore_statements import standing
from sigmaquant.report.charts import explore
from sigmaquant.report.charts.explore import explore_chart, reach
from sigmaquant.report.explore_page import render
from tests.helpers.explored import ALL, BEATEN, EDGE, FAST, SLOW, record


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_the_chart_names_the_preset_and_the_front_in_both_panels():
    shown = texts(explore_chart(record(*ALL)).svg)
    assert shown.count("edge") == 2
    assert shown.count("4x16x24") == 2
    assert shown.count("4x4x24, 5 µs →") == 2
    assert "2x16x48" not in shown
    assert {"pair_sum2", "booth_digit", "int8_booth"} < set(shown)


def test_the_chart_says_what_the_figures_say():
    found = record(*ALL)
    chart = explore_chart(found)
    assert chart.finding == " ".join(standing(found))
    assert "edge 2x16x48: 2 µs, 40 nJ, 70,000 µm², on the front" in chart.alt
    assert "booth_digit 2x16x48: 2 µs, 50 nJ, 75,000 µm²;" in chart.alt
    assert chart.table == found.details()
    assert "nan" not in chart.svg


def test_slow_arrays_do_not_squeeze_the_others():
    assert reach([EDGE, FAST, BEATEN]) == pytest.approx(2.0)
    assert reach([EDGE, FAST, BEATEN, SLOW]) == pytest.approx(2.0 + 0.25 * 0.2)
    assert reach([EDGE, BEATEN, SLOW]) == pytest.approx(2.0 + 0.25 * 2.0)
    assert reach([EDGE]) == pytest.approx(2.0)


def test_every_unit_has_a_look_of_its_own():
    assert set(explore._LOOKS) == set(DATAPATHS)
    assert len(set(explore._LOOKS.values())) == len(DATAPATHS)


def test_the_page_holds_picture_table_reasons_and_hashes():
    found = record(*ALL, left_out={"edge_bit_plane": "too <wide>"})
    page = render(found)
    assert page == render(found)
    assert page.count("<svg") == 1
    assert "60.0\xa0% at 2 bits, 40.0\xa0% at 8 bits" in page
    assert "<li>edge_bit_plane: too &lt;wide&gt;.</li>" in page
    assert "With the time of the whole engine, 3 of 4 arrays: edge is on the front" in page
    assert found.network.sha256 in page
    assert "made_up.lib" in page


def test_a_page_without_the_preset_says_so():
    page = render(record(FAST, left_out={"edge": "grouped"}, off_peak=0))
    assert "edge is not among the arrays: grouped." in page
