"""Sentences have to turn when the figures do."""

import pytest

from sigmaquant.point_results import MetricRank
from sigmaquant.resnet20_figures import bars, headlines
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN
from sigmaquant.resnet20_record import Figures, PointFigure
from sigmaquant.resnet20_statements import (
    bar_table,
    beaten,
    gains,
    over_budget,
    ranking,
    verdict,
)
from sigmaquant.resnet20_statements import bars as bars_said
from tests.helpers.benchmark_figures import made_up, point

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def figures() -> Figures:
    return made_up()


def changed(figures: Figures, stage: str, method: str, index: int, **values: object) -> Figures:
    """The figures with one point otherwise."""
    points = {name: dict(methods) for name, methods in figures.points.items()}
    found = list(points[stage][method])
    found[index] = found[index].model_copy(update=values)
    points[stage][method] = found
    return figures.model_copy(update={"points": points})


def main_points(figures: Figures) -> list[PointFigure]:
    return figures.points[MAIN]["sigmaquant"]


def test_bars_turn_with_the_drop(figures: Figures):
    assert bars_said(figures) == "All 8 demands are met."
    worse = changed(figures, MAIN, "sigmaquant", 1, drop=0.0081)
    figures = figures.model_copy(update={"bars": bars(PLAN, main_points(worse))})
    assert bars_said(figures) == "1 of 8 demands are not met: accuracy drop at 2.5 bits."
    row = next(row for row in bar_table(figures).rows if row[0] == "accuracy drop at 2.5 bits")
    assert row[1:] == (f"0.81{NBSP}%", f"at most 0.80{NBSP}%", "no")


def test_a_drop_equal_to_its_limit_is_met(figures: Figures):
    equal = changed(figures, MAIN, "sigmaquant", 0, drop=0.917 - 0.914)
    assert all(bar.met for bar in bars(PLAN, main_points(equal)))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"mean_bits": 3.21}, "mean bits, budget 3.2 bits"),
        ({"golden_accuracy": [0.9, 0.9, 0.9]}, "accuracy in integers, difference"),
        ({"code_difference": 2}, "codes of a layer in integers, difference"),
    ],
)
def test_every_other_bar_turns(figures: Figures, values: dict[str, object], name: str):
    missed = [
        bar.name
        for bar in bars(PLAN, main_points(changed(figures, MAIN, "sigmaquant", 0, **values)))
        if not bar.met
    ]
    assert missed == [name]


def test_a_better_rival_is_named_with_its_lead(figures: Figures):
    stage = figures.points[COMPARISON]
    assert beaten(stage, "here") == ["No method beats SigmaQuant at any of the sizes here."]
    ours = stage["sigmaquant"][2].drop
    worse = changed(figures, COMPARISON, "hessian", 2, drop=ours - 0.0012)
    assert beaten(worse.points[COMPARISON], "here") == [
        f"SigmaQuant is beaten by Hessian trace at 2.25 bits by 0.12{NBSP}% here."
    ]


@pytest.mark.parametrize(
    ("deviations", "words"),
    [
        ((0.0006, 0.0008), f", more than twice the standard error of 0.06{NBSP}%."),
        ((0.003, 0.0), f", less than twice the standard error of 0.17{NBSP}%."),
    ],
)
def test_several_seeds_say_how_sure_a_lead_is(
    figures: Figures, deviations: tuple[float, float], words: str
):
    ours = figures.points[COMPARISON]["sigmaquant"][2]
    found = changed(
        changed(
            figures,
            COMPARISON,
            "hessian",
            2,
            drop=ours.drop - 0.002,
            seeds=[1, 2, 3],
            drop_deviation=deviations[1],
        ),
        COMPARISON,
        "sigmaquant",
        2,
        seeds=[1, 2, 3],
        drop_deviation=deviations[0],
    )
    (said,) = beaten(found.points[COMPARISON], "here")
    assert said.endswith(f"by 0.20{NBSP}% here{words}")


def test_an_equal_rival_does_not_beat(figures: Figures):
    stage = figures.points[COMPARISON]
    equal = changed(figures, COMPARISON, "random", 0, drop=stage["sigmaquant"][0].drop)
    assert len(beaten(equal.points[COMPARISON], "here")) == 1
    assert "No method" in beaten(equal.points[COMPARISON], "here")[0]


def test_a_smaller_uniform_width_beats_too_but_no_larger_one(figures: Figures):
    better = changed(figures, COMPARISON, "uniform", 1, drop=-0.001)
    assert beaten(better.points[COMPARISON], "here") == [
        f"SigmaQuant is beaten by uniform 3 bits at 3.2 bits by 0.50{NBSP}% here."
    ]
    larger = changed(figures, COMPARISON, "uniform", 3, drop=-0.01)
    assert "No method" in beaten(larger.points[COMPARISON], "here")[0]


def test_a_rival_beyond_its_budget_is_said_and_does_not_count(figures: Figures):
    over = changed(figures, COMPARISON, "published", 0, drop=-0.01, mean_bits=3.5)
    stage = over.points[COMPARISON]
    assert over_budget(figures.points[COMPARISON], "here") == []
    assert over_budget(stage, "here") == [
        "Published search does not keep the budget of 3.2 bits: it ends at 3.50 here."
    ]
    assert "No method" in beaten(stage, "here")[0]


def test_gains_are_against_the_line_of_the_uniform_widths():
    uniform = [point(0.04, 2.0), point(0.0, 4.0)]
    ours = [
        point(0.01, 3.0, budget=3.2),
        point(0.03, 3.0, budget=2.5),
        point(-0.01, 1.5, budget=2.25),
    ]
    found = headlines({COMPARISON: {"sigmaquant": ours, "uniform": uniform}})
    figures = made_up().model_copy(update={"headlines": found})
    first, second, third = gains(figures, COMPARISON)
    assert first == (
        f"At 3.00 bits SigmaQuant is 1.00{NBSP}% more accurate than uniform bits of equal size and "
        f"14.3{NBSP}% smaller than uniform bits of equal accuracy."
    )
    assert f"is 1.00{NBSP}% less accurate than" in second
    assert f"20.0{NBSP}% larger than uniform bits of equal accuracy" in second
    assert "is outside the sizes of the uniform widths and has an accuracy that the line" in third


def rank(metric: str, correlation: float, p_value: float) -> MetricRank:
    return MetricRank(metric=metric, correlation=correlation, p_value=p_value, scores={})


@pytest.mark.parametrize(
    ("correlation", "p_value", "expected"),
    [(0.6, 0.01, "yes"), (0.6, 0.05, "no"), (-0.6, 0.01, "the wrong way round")],
)
def test_a_metric_ranks_where_chance_does_not(correlation: float, p_value: float, expected: str):
    assert verdict(rank("fisher", correlation, p_value)) == expected


def test_sigma_is_judged_either_way():
    said = ranking([rank("output_kl", 0.9, 1e-6), rank("raw_sigma", 0.1, 0.7)])
    assert said == [
        "These rank the layers: KL divergence of the outputs (0.90).",
        "The sigma of the weights does not rank the layers: correlation 0.10, p = 0.7.",
    ]
    said = ranking([rank("raw_sigma", 0.8, 0.001), rank("folded_sigma", -0.5, 0.02)])
    assert said[0] == "These rank the layers: sigma of the weights (0.80)."
    assert "The sigma of the weights ranks the layers: correlation 0.80" in said[1]
    assert "folded in ranks the layers the wrong way round" in said[2]
    assert ranking([rank("fisher", 0.1, 0.9)]) == ["No metric ranks them."]
