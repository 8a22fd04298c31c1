import pytest

from sigmaquant.steps.sensitivity import rank

LOSSES = {"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.4}


@pytest.mark.parametrize(
    ("scores", "correlation"),
    [
        ({"d": 9.0, "c": 2.0, "b": 3.0, "a": 1.0}, 1.0),
        ({"a": 4.0, "b": 2.0, "c": 3.0, "d": 1.0}, -1.0),
        ({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, 0.8),
    ],
)
def test_ranks_are_compared_layer_by_layer(scores: dict[str, float], correlation: float):
    found = rank("fisher", scores, LOSSES)
    assert found.correlation == pytest.approx(correlation)
    assert 0 <= found.p_value < 1
    assert found.scores == scores


def test_equal_scores_rank_nothing():
    for scores, losses in (
        (dict.fromkeys(LOSSES, 1.0), LOSSES),
        (LOSSES, dict.fromkeys(LOSSES, 0.0)),
    ):
        found = rank("fisher", scores, losses)
        assert (found.correlation, found.p_value) == (0.0, 1.0)
