from dataclasses import replace

import numpy as np
import pytest

from synth.energy.cell_logic import STATES, CellLogic
from synth.errors import SynthesisToolError
from synth.liberty import Liberty


def test_outputs_follow_the_inputs_whatever_the_pins_above_them(small: Liberty):
    adder = CellLogic(small.cells["ADDF"])
    tables = adder.output_tables()
    places = {pin: place for place, pin in enumerate(adder.cell.outputs)}
    for state in range(STATES):
        total = bin(state & 0b111).count("1")
        assert tables[places["S"], state] == total % 2
        assert tables[places["CO"], state] == total // 2


def test_a_flip_flop_s_outputs_follow_its_state_and_its_state_the_data(small: Liberty):
    logic = CellLogic(small.cells["DFF"])
    assert logic.clock_pin == logic.cell.inputs.index("CK")
    assert list(logic.output_tables()[0][:2]) == [0, 1]
    data = logic.cell.inputs.index("D")
    following = logic.next_state_table()
    assert all(following[state] == state >> data & 1 for state in range(STATES))


def test_the_inverse_of_the_state_has_a_name_too(small: Liberty):
    cell = small.cells["DFF"]
    inverted = replace(cell, functions={"Q": "IQN"}, next_state="D IQN'")
    logic = CellLogic(inverted)
    assert list(logic.output_tables()[0][:2]) == [1, 0]
    data, state = cell.inputs.index("D"), len(cell.inputs)
    following = logic.next_state_table()
    for row in range(1 << len(cell.inputs) + 1):
        assert following[row] == (row >> data & 1) & (row >> state & 1)


def test_conditions_are_over_all_pins(small: Liberty):
    logic = CellLogic(small.cells["NAND2"])
    groups = {logic.pins[group.related]: group for group in logic.energy_groups()}
    assert {group.pin for group in groups.values()} == {logic.pins.index("Y")}
    for cause, other in ("AB", "BA"):
        when = groups[cause].when
        assert when is not None
        place = logic.pins.index(other)
        assert np.array_equal(when, np.arange(STATES) >> place & 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": tuple("ABCDEFG")}, "cell DFF has 7 inputs and 1 outputs"),
        ({"clocked_on": "CK'"}, "cell DFF is no flip-flop with a rising clock"),
        ({"next_state": None}, "cell DFF is no flip-flop with a rising clock"),
    ],
)
def test_what_is_not_simulated_is_refused(small: Liberty, changes: dict[str, object], message: str):
    with pytest.raises(SynthesisToolError, match=message):
        CellLogic(replace(small.cells["DFF"], **changes))  # pyright: ignore[reportArgumentType]


def test_an_output_without_a_function_is_refused(small: Liberty):
    cell = replace(small.cells["INV"], functions={})
    with pytest.raises(SynthesisToolError, match="no function of INV/Y"):
        CellLogic(cell).output_tables()
