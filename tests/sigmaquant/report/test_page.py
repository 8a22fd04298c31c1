import re
from html.parser import HTMLParser

import pytest

from sigmaquant.config import Configuration
from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.charts import CHARTS
from sigmaquant.report.page import render
from sigmaquant.tables import percent

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects what the tests ask for."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.links: list[str] = []
        self.tables_in_details = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if identity := given.get("id"):
            self.ids.append(identity)
        if tag == "svg":
            self.labels.append(given.get("aria-label") or "")
        if tag == "table" and "details" in self.open:
            self.tables_in_details += 1
        self.links += [given[key] or "" for key in ("href", "src", "xlink:href") if key in given]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"


@pytest.fixture(scope="module")
def page(findings: Findings) -> str:
    return render(findings)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def test_the_page_is_one_self_contained_file(page: str, outline: Outline):
    assert outline.open == []
    assert all(link.startswith("#") for link in outline.links)
    assert not re.search(r"@import|url\((?!#)", page)
    assert "<script" not in page


def test_ids_are_unique_and_references_find_them(page: str, outline: Outline):
    assert len(outline.ids) == len(set(outline.ids))
    used = set(re.findall(r"url\(#([^)]+)\)", page)) | {link[1:] for link in outline.links}
    assert used
    assert used <= set(outline.ids)


def test_every_chart_has_an_alternative_text_and_its_table(outline: Outline):
    assert len(outline.labels) == len(CHARTS) == 5
    assert all(len(label) > 40 for label in outline.labels)
    assert outline.tables_in_details >= len(CHARTS)


def test_charts_follow_the_page_theme(page: str):
    charts = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-fA-F]{6}", charts)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", charts))
    assert {"ours", "rival", "ink"} <= used <= set(theme.PALETTE)
    assert "prefers-color-scheme:dark" in page
    assert "DejaVu" not in charts


def test_the_page_tells_the_figures(page: str, findings: Findings):
    text = re.sub(r"<[^>]+>", " ", page)
    for network in findings.networks:
        assert percent(network.golden_accuracy, 2) in text
        assert network.sha256 in text
    assert findings.synthesis.liberty.sha256 in text
    for layer in findings.shown.layers:
        assert layer.name in text


def test_a_missed_budget_is_the_headline_and_its_reason_is_told(findings: Findings):
    allocations = [
        each.model_copy(update={"met": False, "reason": "smallest size <25 %>"})
        for each in findings.allocations
    ]
    page = render(findings.model_copy(update={"allocations": allocations}))
    assert re.search(r"<h1>Budget \(weights at most 40\s% of INT8\) met by 0 of 3 seeds</h1>", page)
    assert "Seed 2: smallest size &lt;25 %&gt;." in page


def test_the_same_findings_give_the_same_page(page: str, findings: Findings):
    assert render(findings) == page


def test_other_budgets_than_size_are_told_with_their_units(findings: Findings):
    limits = {"cycles": 12_000, "weight_bytes": 30_000, "energy_nj": 2.5, "cost_table": "a.json"}
    configuration = Configuration.load(None, limits)
    page = render(findings.model_copy(update={"configuration": configuration}))
    told = "Budget: weights at most 30,000 bytes, at most 12,000 cycles, at most 2.5 nJ, accuracy"
    assert told in page
