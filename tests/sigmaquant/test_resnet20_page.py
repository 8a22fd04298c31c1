import re

import pytest

from sigmaquant import resnet20_page, resnet20_record
from sigmaquant.report.resnet20_pictures import pictures
from sigmaquant.resnet20_plan import COMPARISON, MAIN
from sigmaquant.resnet20_record import Figures
from tests.helpers.benchmark_figures import made_up


@pytest.fixture
def figures() -> Figures:
    return made_up()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch):
    """The page and the README's part of given figures."""

    def make(figures: Figures) -> tuple[str, str]:
        record = {"command": "sigmaquant benchmark resnet20"}
        monkeypatch.setattr(resnet20_record, "read", lambda: (record, figures))
        return resnet20_page.page(), resnet20_page.readme()

    return make


def test_figures_survive_the_record(figures: Figures):
    stored = figures.model_dump(mode="json", by_alias=True)
    assert set(stored) >= {"float", "points", "search", "headlines", "sensitivity", "bars"}
    assert Figures.model_validate(stored) == figures


def test_every_method_is_in_the_page_with_its_seeds(shown, figures: Figures):
    page, part = shown(figures)
    for name in ("published search", "layer error", "Hessian trace", "modelopt", "uniform 3 bits"):
        assert f"| {name}" in page
    assert page.count("One seed. ") == 2
    assert "Means ± one sample deviation over the seeds of the training." in page
    assert "| SigmaQuant, budget 2.5 bits | 2.49 |" in part
    assert "take 1,234 CPU minutes" in part


def test_the_page_says_what_limits_it(shown, figures: Figures):
    page, _ = shown(figures)
    for sentence in (
        "The float network has seen them in its own training",
        "nothing but ranking hangs on them",
        "Test images take no decision.",
        "Deviations are over seeds of the training.",
        "at most 3 rounds of 0.25 epochs, at most 6 of 0.25",
        "Gains and savings are against straight lines between the uniform widths",
    ):
        assert sentence in page


def test_one_seed_is_said_to_have_no_deviation(shown, figures: Figures):
    main = [
        point.model_copy(update={"seeds": [1], "accuracy": [0.9], "drop_deviation": None})
        for point in figures.points[MAIN]["sigmaquant"]
    ]
    few = figures.model_copy(update={"points": figures.points | {MAIN: {"sigmaquant": main}}})
    page, part = shown(few)
    assert "One seed: there are no deviations." in page
    assert "±" not in part


def test_what_is_left_out_is_said(shown, figures: Figures):
    assert "is left out" not in shown(figures)[0]
    page, _ = shown(figures.model_copy(update={"left_out": ["modelopt"]}))
    assert "- modelopt is left out: its package is not installed." in page


def test_every_picture_of_the_page_is_drawn(shown, figures: Figures):
    page, _ = shown(figures)
    drawn = pictures(figures)
    assert re.findall(r"\(resnet20/(\w+)\.svg\)", page) == [
        *("bits", "trained", "untrained", "sensitivity")
    ]
    assert {chart.name for chart in drawn} == {"bits", "trained", "untrained", "sensitivity"}
    assert all(chart.svg.startswith("<svg") and chart.alt and chart.finding for chart in drawn)


def test_a_beaten_sigmaquant_is_in_the_readme_too(shown, figures: Figures):
    stage = dict(figures.points[COMPARISON])
    stage["random"] = [each.model_copy(update={"drop": -0.01}) for each in stage["random"]]
    beaten = figures.model_copy(update={"points": figures.points | {COMPARISON: stage}})
    _, part = shown(beaten)
    assert part.count("SigmaQuant is beaten by random at ") == 3
