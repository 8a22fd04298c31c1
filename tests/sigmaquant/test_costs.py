"""Budgets of the configuration: tables in the right units, exact on the engine."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.program import compile_network
from hw.config import engine_preset
from quant.allocator.costs import Budget
from quant.calibrate import calibrate
from quant.data import Splits, digits
from quant.errors import SettingsError
from quant.export import to_integer_network
from quant.model import QuantizedModel, prepare
from quant.networks.digits import load_pretrained
from sigmaquant import costs
from sigmaquant.config import Configuration
from sigmaquant.errors import ConfigurationError
from sim.program_model import program_timing

WIDTHS = (2, 3, 4, 6, 8)


@pytest.fixture(scope="module")
def data() -> Splits:
    return digits.load()


@pytest.fixture(scope="module")
def model(data: Splits) -> QuantizedModel:
    model = prepare(load_pretrained(), torch.from_numpy(data.train.images[:1]))
    calibrate(model, data.train.images[:16])
    return model


def asked(**flags: str) -> Configuration:
    defaults = {"array": "tiny", "baseline": "tiny_int8", "widths": "2,4,6,8"}
    return Configuration.load(None, defaults | {"layers": "stem=3"} | flags)


def energies(tmp_path: Path) -> str:
    content = {
        "format": "sigmaquant-cost-table",
        "version": 1,
        "array": "tiny",
        "fj_per_mac": {str(width): 2.5 * width for width in WIDTHS},
        "method": "made up",
    }
    path = tmp_path / "costs.json"
    path.write_text(json.dumps(content))
    return str(path)


def budget(flags: dict[str, str], model: QuantizedModel, data: Splits) -> Budget:
    (only,) = costs.budgets(asked(**flags), model, data)
    return only


def test_no_budget_but_the_size(model: QuantizedModel, data: Splits):
    assert costs.budgets(asked(), model, data) == []


def test_bytes_bit_operations_and_energy_follow_from_shapes(
    model: QuantizedModel, data: Splits, tmp_path: Path
):
    four = dict.fromkeys(model.bits, 4)
    macs = 678_368  # of DigitsNet's docstring
    size = budget({"weight_bytes": "30000"}, model, data)
    assert (size.cost.of(four), size.cost.unit, size.limit) == (55_664 / 2, "bytes", 30_000)
    bits = budget({"bops": "3e7"}, model, data)
    assert (bits.cost.of(four), bits.cost.unit) == (macs * 4 * 8, "BOPs")
    energy = budget({"energy_nj": "9", "cost_table": energies(tmp_path)}, model, data)
    assert energy.cost.of(four) == pytest.approx(macs * 10 * 1e-6, rel=1e-12)
    assert energy.cost.unit == "nJ"


def test_every_table_has_the_widths_of_the_pins_too(
    model: QuantizedModel, data: Splits, tmp_path: Path
):
    flags = {"weight_bytes": "50000", "bops": "5e7", "cycles": "200000", "energy_nj": "99"}
    found = costs.budgets(asked(**flags, cost_table=energies(tmp_path)), model, data)
    assert [each.cost.unit for each in found] == ["bytes", "BOPs", "cycles", "nJ"]
    for each in found:
        assert list(each.cost.by_layer) == list(model.bits)
        assert all(sorted(row) == list(WIDTHS) for row in each.cost.by_layer.values())


@pytest.fixture(scope="module")
def cycles(model: QuantizedModel, data: Splits) -> Budget:
    return budget({"cycles": "200000"}, model, data)


@given(draw=st.data())
@settings(max_examples=10)
def test_cycles_are_those_of_the_exported_network(
    cycles: Budget, model: QuantizedModel, draw: st.DataObject
):
    bits = {name: draw.draw(st.sampled_from(WIDTHS), label=name) for name in model.bits}
    model.set_bits(bits)
    program = compile_network(to_integer_network(model, "mix"), engine_preset("tiny"))
    assert cycles.cost.of(bits) == program_timing(program).cycles


def test_a_budget_out_of_reach_is_told_with_its_unit(model: QuantizedModel, data: Splits):
    with pytest.raises(SettingsError, match=r"cycles on tiny of 10 cycles is out of reach: the le"):
        costs.budgets(asked(cycles="10"), model, data)


def test_a_cost_table_that_is_not_there_is_told_before_anything_runs():
    configuration = asked(energy_nj="9", cost_table="none.json")
    with pytest.raises(ConfigurationError, match=r"none\.json: no cost table can be read: No such"):
        costs.describe(configuration)


def test_the_engine_is_part_of_a_budget_in_cycles_alone():
    assert costs.describe(asked()) == costs.describe(asked(array="edge", baseline="edge_int8"))
    assert costs.describe(asked(cycles="1")) != costs.describe(
        asked(cycles="1", array="edge", baseline="edge_int8")
    )


def test_ties_are_those_named_or_those_that_meet_in_an_addition(model: QuantizedModel):
    assert costs.ties(asked(tied="a+b"), model) == (("a", "b"),)
    assert costs.ties(asked(), model) == ()
    assert costs.ties(asked(tied="coupled"), model) == (
        ("stem", "block1.conv2"),
        ("block2.conv2", "block2.shortcut.0"),
        ("block3.conv2", "block3.shortcut.0"),
    )
