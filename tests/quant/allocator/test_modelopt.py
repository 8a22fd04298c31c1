import importlib
import sys
import warnings

import pytest
import torch
from torch import nn

from quant.allocator.costs import Budget, bops, weight_bytes
from quant.allocator.modelopt import auto_quantize
from quant.allocator.space import SearchSpace
from quant.calibrate import calibrate
from quant.data import Splits
from quant.errors import QuantError, SettingsError
from quant.model import prepare
from quant.sensitivity import Context

WIDTHS = (2, 3, 4, 8)
COUNTS = {"first": 36, "second": 144, "classifier": 40}
SIZE = weight_bytes(COUNTS, range(2, 9))


@pytest.fixture
def context(small_net: nn.Module, small_data: Splits) -> Context:
    train = small_data.train
    images, labels = torch.from_numpy(train.images[:128]), torch.from_numpy(train.labels[:128])
    model = prepare(small_net, images[:1])
    calibrate(model, train.images)
    return Context(model, images, labels, WIDTHS)


@pytest.fixture
def installed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module("modelopt.torch.quantization")
        except ImportError as error:
            pytest.skip(f"the extra 'rivals' is not installed: {error}")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("pins", [{}, {"second": 3}, {"classifier": 5}])
def test_it_fills_the_budget(small_net: nn.Module, context: Context, pins: dict[str, int]) -> None:
    space = SearchSpace(COUNTS, WIDTHS, pins=pins)
    before = {key: value.clone() for key, value in small_net.state_dict().items()}
    bits = auto_quantize(small_net, context, space, Budget(SIZE, 120))
    assert list(bits) == list(COUNTS)
    assert 0.85 * 120 <= SIZE.of(bits) <= 120
    assert bits.items() >= pins.items()
    assert all(width in (*WIDTHS, *pins.values()) for width in bits.values())
    assert auto_quantize(small_net, context, space, Budget(SIZE, 120)) == bits
    assert all(torch.equal(value, before[key]) for key, value in small_net.state_dict().items())


@pytest.mark.usefixtures("installed")
def test_the_ends_of_the_budget(small_net: nn.Module, context: Context) -> None:
    space = SearchSpace(COUNTS, WIDTHS)
    lowest = auto_quantize(small_net, context, space, Budget(SIZE, SIZE.of(space.lowest())))
    assert lowest == space.lowest()
    highest = auto_quantize(small_net, context, space, Budget(SIZE, SIZE.of(space.highest())))
    assert highest == space.highest()


def test_without_the_package(
    small_net: nn.Module, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "modelopt", None)
    monkeypatch.delitem(sys.modules, "modelopt.torch.quantization", raising=False)
    with pytest.raises(QuantError, match=r"install the extra: pip install sigmaquant\[rivals\]"):
        auto_quantize(small_net, context, SearchSpace(COUNTS, WIDTHS), Budget(SIZE, 120))


def test_what_it_cannot_do(small_net: nn.Module, context: Context) -> None:
    tied = SearchSpace(COUNTS, WIDTHS, tied=(("first", "second"),))
    with pytest.raises(SettingsError, match="modelopt cannot tie layers"):
        auto_quantize(small_net, context, tied, Budget(SIZE, 120))
    operations = Budget(bops(COUNTS, WIDTHS, dict.fromkeys(COUNTS, 8)), 5000)
    with pytest.raises(SettingsError, match="takes a budget in bytes of weights, not BOPs"):
        auto_quantize(small_net, context, SearchSpace(COUNTS, WIDTHS), operations)
    pinned = SearchSpace(COUNTS, WIDTHS, pins={"second": 8})
    with pytest.raises(SettingsError, match="is out of reach: the least is 163 bytes"):
        auto_quantize(small_net, context, pinned, Budget(SIZE, 120))
