import pytest

from synth.buffering import insert_buffers, is_inserted
from synth.liberty import Liberty
from synth.netlist import Instance, Netlist
from synth.timing import analyse
from tests.synth.netlist_simulator import NetlistSimulator
from tests.synth.small_library import PIN_FF

LIMIT_FF = 40.0


def fan(sinks: int) -> Netlist:
    """One inverter that drives `sinks` inverters, every one an output of its own."""
    instances = [Instance("driver", "INV", {"A": [2], "Y": [3]})]
    instances += [Instance(f"s{k:03}", "INV", {"A": [3], "Y": [4 + k]}) for k in range(sinks)]
    return Netlist(
        name="fan",
        net_count=4 + sinks,
        instances=tuple(instances),
        inputs={"a": [2]},
        outputs={"y": [4 + k for k in range(sinks)]},
    )


@pytest.mark.parametrize("sinks", [1, 20])
def test_net_within_its_limit_is_left_alone(small: Liberty, sinks: int) -> None:
    assert sinks * PIN_FF <= LIMIT_FF
    assert insert_buffers(fan(sinks), small, 1.0) == fan(sinks)


@pytest.mark.parametrize("sinks", [21, 60, 500])
@pytest.mark.parametrize("fraction", [1.0, 0.5, 0.25])
def test_no_net_is_overloaded_afterwards(small: Liberty, sinks: int, fraction: float) -> None:
    buffered = insert_buffers(fan(sinks), small, fraction)
    loads: dict[int, float] = {}
    for instance in buffered.instances:
        net = instance.nets["A"][0]
        loads[net] = loads.get(net, 0.0) + PIN_FF

    assert max(loads.values()) <= fraction * LIMIT_FF
    assert analyse(buffered, small).overloaded_nets == 0


def test_buffers_keep_the_function_and_are_named_after_the_driver(small: Liberty) -> None:
    buffered = insert_buffers(fan(60), small, 1.0)
    added = [i for i in buffered.instances if is_inserted(i.name)]

    assert added
    assert all(i.name.startswith("driver.") and i.cell == "BUF" for i in added)
    assert len({i.name for i in buffered.instances}) == len(buffered.instances)
    for value in (0, 1):
        simulator = NetlistSimulator(buffered, small, 1)
        simulator.set("a", [value])
        assert simulator.get("y") == [value * (2**60 - 1)]


def test_clock_is_left_to_its_tree(small: Liberty) -> None:
    registers = tuple(
        Instance(f"r{k}", "DFF", {"CK": [2], "D": [3], "Q": [4 + k]}) for k in range(99)
    )
    netlist = Netlist(
        name="bank",
        net_count=103,
        instances=registers,
        inputs={"clk": [2], "d": [3]},
        outputs={"q": [4]},
    )
    buffered = insert_buffers(netlist, small, 1.0)

    assert all(i.nets["CK"] == [2] for i in buffered.instances if i.cell == "DFF")
    assert any(is_inserted(i.name) for i in buffered.instances)  # on d
