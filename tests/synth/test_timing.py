import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth import yosys
from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.netlist import Instance, Netlist, read
from synth.timing import analyse
from synth.timing_arcs import carry_delay_ns
from synth.timing_kernel import look_up, side_by_side
from synth.timing_tables import Table, make_table
from synth.yosys import Step
from tests.synth import small_designs
from tests.synth.small_library import (
    CLOCK_TO_OUTPUT_NS,
    COMBINATIONAL,
    NS_PER_FF,
    PIN_FF,
    SETUP_NS,
)

DELAY = {name: intrinsic for name, (_, _, intrinsic) in COMBINATIONAL.items()}
LOADED = NS_PER_FF * PIN_FF  # delay that one more input pin costs


def inverters(count: int) -> Netlist:
    return Netlist(
        name="chain",
        net_count=count + 3,
        instances=tuple(
            Instance(f"i{k}", "INV", {"A": [k + 2], "Y": [k + 3]}) for k in range(count)
        ),
        inputs={"a": [2]},
        outputs={"y": [count + 2]},
    )


@pytest.mark.parametrize("count", [1, 2, 7])
def test_chain_of_inverters(small: Liberty, count: int) -> None:
    timing = analyse(inverters(count), small)

    assert timing.critical_path_ns == pytest.approx(count * DELAY["INV"] + (count - 1) * LOADED)
    assert timing.end == "y[0]"
    assert [stage[0] for stage in timing.stages] == [f"i{k}" for k in range(count)]
    assert timing.overloaded_nets == 0


@pytest.mark.parametrize(("late", "start"), [(0.0, "first"), (0.5, "a[0]")])
def test_inputs_may_arrive_after_the_edge(small: Liberty, late: float, start: str) -> None:
    netlist = Netlist(
        name="two",
        net_count=7,
        instances=(
            Instance("first", "DFF", {"CK": [2], "D": [3], "Q": [4]}),
            Instance("not", "INV", {"A": [4], "Y": [5]}),
            Instance("on", "INV", {"A": [3], "Y": [6]}),
        ),
        inputs={"clk": [2], "a": [3]},
        outputs={"y": [5], "z": [6]},
    )
    timing = analyse(netlist, small, {"a": late})

    assert timing.start == start
    by_flip_flop = CLOCK_TO_OUTPUT_NS + LOADED + DELAY["INV"]
    assert timing.critical_path_ns == pytest.approx(late + SETUP_NS if late else by_flip_flop)


def test_path_between_flip_flops_has_launch_and_setup(small: Liberty) -> None:
    netlist = Netlist(
        name="registers",
        net_count=6,
        instances=(
            Instance("first", "DFF", {"CK": [2], "D": [3], "Q": [4]}),
            Instance("not", "INV", {"A": [4], "Y": [5]}),
            Instance("second", "DFF", {"CK": [2], "D": [5]}),
        ),
        inputs={"clk": [2], "d": [3]},
        outputs={},
    )
    timing = analyse(netlist, small)

    expected = CLOCK_TO_OUTPUT_NS + LOADED + DELAY["INV"] + LOADED + SETUP_NS
    assert timing.critical_path_ns == pytest.approx(expected)
    assert (timing.start, timing.end) == ("first", "second/D")


def test_path_through_a_full_adder_counts_it(small: Liberty) -> None:
    adder = Instance("add", "ADDF", {"A": [2], "B": [3], "C": [4], "S": [5], "CO": [6]})
    netlist = Netlist(
        name="adder",
        net_count=8,
        instances=(adder, Instance("not", "INV", {"A": [6], "Y": [7]})),
        inputs={"a": [2], "b": [3], "c": [4]},
        outputs={"s": [5], "n": [7]},
    )

    expected = DELAY["ADDF"] + LOADED + DELAY["INV"]
    assert analyse(netlist, small).critical_path_ns == pytest.approx(expected)


def test_ripple_carry_costs_one_loaded_adder_per_bit(small: Liberty) -> None:
    assert carry_delay_ns(small) == pytest.approx(DELAY["ADDF"] + LOADED)


def test_overloaded_net_is_counted(small: Liberty) -> None:
    sinks = tuple(Instance(f"s{k}", "INV", {"A": [3], "Y": [4 + k]}) for k in range(21))
    netlist = Netlist(
        name="fan",
        net_count=25,
        instances=(Instance("driver", "INV", {"A": [2], "Y": [3]}), *sinks),
        inputs={"a": [2]},
        outputs={"y": [4]},
    )

    assert analyse(netlist, small).overloaded_nets == 1


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (
            (
                Instance("a", "INV", {"A": [3], "Y": [4]}),
                Instance("b", "INV", {"A": [4], "Y": [3]}),
            ),
            r"^bad has a combinational loop$",
        ),
        ((Instance("a", "XYZ", {"A": [2]}),), r"^library small has no cell XYZ$"),
        ((), r"^bad has no timing path$"),
    ],
)
def test_missing_figure_is_an_error(
    small: Liberty, instances: tuple[Instance, ...], message: str
) -> None:
    netlist = Netlist(name="bad", net_count=5, instances=instances, inputs={"a": [2]}, outputs={})
    with pytest.raises(SynthesisToolError, match=message):
        analyse(netlist, small)


def test_table_interpolates_between_and_extrapolates_beyond_its_points() -> None:
    slew, load = [0.1, 0.3], [1.0, 2.0, 4.0]
    values = np.add.outer(10 * np.array(slew), np.array(load))
    axes = [
        {"variable": "input_net_transition", "points": slew},
        {"variable": "total_output_net_capacitance", "points": load},
    ]
    straight = make_table({"axes": axes, "values": values.ravel().tolist()})
    turned = make_table({"axes": axes[::-1], "values": values.T.ravel().tolist()})

    at_slew, at_load = np.array([0.1, 0.2, 0.5]), np.array([1.0, 3.0, 5.0])
    for table in (straight, turned):
        assert table(at_slew, at_load) == pytest.approx(10 * at_slew + at_load)


axis = st.lists(st.integers(0, 10), min_size=1, max_size=4, unique=True).map(sorted)


@settings(deadline=None)  # the first call compiles
@given(slew=axis, load=axis, seed=st.integers(0, 99), at=st.tuples(*[st.floats(-1.0, 12.0)] * 2))
def test_compiled_tables_are_the_tables(
    slew: list[int], load: list[int], seed: int, at: tuple[float, float]
) -> None:
    values = np.random.default_rng(seed).uniform(size=(len(slew), len(load)))
    table = Table(slew=np.array(slew, float), load=np.array(load, float), values=values)
    larger = Table(slew=np.arange(5.0), load=np.arange(6.0), values=np.zeros((5, 6)))

    found = look_up(side_by_side([larger, table]), 1, *at)
    assert found == table(np.array([at[0]]), np.array([at[1]]))[0]


def test_agrees_with_abc(small: Liberty, tmp_path: Path) -> None:
    """abc times the logic it maps itself; adders as gates, so that it sees the whole path."""
    (tmp_path / "design.il").write_text(small_designs.text(small_designs.MultiplyAccumulate()))
    commands = (
        "read_rtlil design.il",
        "synth -flatten -noabc -top top",
        "dfflibmap -liberty cells.lib",
        "abc -liberty cells.lib -script +strash;dch;map;topo;stime,-p",
        "opt_clean",
        "write_json mapped.json",
    )
    (tmp_path / "cells.lib").symlink_to(small.path)
    log = yosys.run([Step("map", commands)], tmp_path, "map")
    found = re.findall(r"Delay = +([0-9.]+) ps", log.read_text())
    mapped = read(tmp_path / "mapped.json", "top")

    # What abc calls the path: the logic between registers, whose pins load nothing there.
    registers = [i for i in mapped.instances if i.cell == "DFF"]
    logic = Netlist(
        name="logic",
        net_count=mapped.net_count,
        instances=tuple(i for i in mapped.instances if i.cell != "DFF"),
        inputs={**mapped.inputs, **{i.name: i.nets["Q"] for i in registers}},
        outputs={**mapped.outputs, **{i.name: i.nets["D"] for i in registers}},
    )
    ours_ps = 1000 * analyse(logic, small).critical_path_ns
    assert ours_ps == pytest.approx(float(found[-1]), rel=0.01)
