import pytest

from quant import allocator
from sigmaquant import methods
from sigmaquant.errors import ConfigurationError


def test_the_rivals_are_those_of_the_allocator():
    assert sorted(methods.RIVALS) == sorted(allocator.METHODS)


def test_a_uniform_method_has_a_width():
    assert methods.uniform(4) == "uniform:4"
    assert [methods.width(name) for name in ("uniform:4", "hessian")] == [4, None]
    assert [methods.family(name) for name in ("uniform:4", "hessian")] == ["uniform", "hessian"]
    labels = [methods.label(name) for name in ("uniform:4", "uniform", "hessian", "random")]
    assert labels == ["uniform 4 bits", "uniform", "Hessian trace", "random"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("sigmaquant", "magic"), "no method 'magic'; choose from sigmaquant, published, uniform"),
        (("random", "random"), "each method may be given once"),
    ],
)
def test_other_names_are_refused(names: tuple[str, ...], message: str):
    with pytest.raises(ValueError, match=message):
        methods.check(names)


def test_modelopt_takes_no_budget_but_the_size():
    methods.check_budget("modelopt", "size_ratio")
    methods.check_budget("hessian", "cycles")
    with pytest.raises(ConfigurationError, match="modelopt knows no budget but the size of"):
        methods.check_budget("modelopt", "cycles")


def test_only_modelopt_may_be_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(methods.util, "find_spec", lambda _: None)
    missing = [name for name in methods.METHODS if not methods.is_available(name)]
    assert missing == ["modelopt"]
