"""Energies of a few cells against figures by hand, whole designs against another simulator."""

import random
from dataclasses import replace

import pytest

from synth.energy.simulation import GateSimulation
from synth.errors import LibertyError, SynthesisInputError, SynthesisToolError
from synth.flow import Synthesis
from synth.liberty import Liberty, load
from synth.netlist import FIRST_NET, Instance, Netlist
from tests.synth import small_library as library
from tests.synth.netlist_simulator import NetlistSimulator

PERIOD_NS = 4.0
SQUARE = library.VOLTAGE**2
PIN = 0.5 * library.PIN_FF * SQUARE  # energy of a transition of one input pin's capacitance


def circuit(cells: dict[str, tuple[str, dict[str, str]]], *inputs: str, output: str) -> Netlist:
    """Netlist of named cells: name -> (cell, net by pin); ports are nets of the same name."""
    names = ["clk", *inputs, *(net for _, pins in cells.values() for net in pins.values())]
    numbers = {name: FIRST_NET + place for place, name in enumerate(dict.fromkeys(names))}
    return Netlist(
        name="circuit",
        net_count=FIRST_NET + len(numbers),
        instances=tuple(
            Instance(name, cell, {pin: [numbers[net]] for pin, net in pins.items()})
            for name, (cell, pins) in cells.items()
        ),
        inputs={name: [numbers[name]] for name in ("clk", *inputs)},
        outputs={output: [numbers[output]]},
    )


def simulate(netlist: Netlist, liberty: Liberty, *, glitches: bool = True) -> GateSimulation:
    return GateSimulation(netlist, liberty, period_ns=PERIOD_NS, glitches=glitches)


CHAIN = circuit(
    {"one": ("INV", {"A": "a", "Y": "b"}), "two": ("INV", {"A": "b", "Y": "y"})}, "a", output="y"
)


@pytest.mark.parametrize("glitches", [True, False])
def test_a_chain_takes_its_internal_energies_and_its_loads(small: Liberty, glitches: bool):
    simulation = simulate(CHAIN, small, glitches=glitches)
    simulation.step({"a": 1})
    assert simulation.output("y") == 1
    rise, fall = library.ENERGY_FJ["INV"]
    assert simulation.energy.internal == pytest.approx(fall + rise)
    assert simulation.energy.load == pytest.approx(2 * PIN)  # a and b; nothing is on y
    assert simulation.energy.clock == 0
    simulation.step({})
    assert simulation.energy.total == pytest.approx(fall + rise + 2 * PIN)
    assert simulation.energy.per_cycle == pytest.approx((fall + rise + 2 * PIN) / 2)
    assert simulation.leakage_nw == 2 * library.LEAKAGE_NW


def test_energy_between_two_moments_is_a_difference(small: Liberty):
    simulation = simulate(CHAIN, small)
    simulation.step({"a": 1})
    before = simulation.energy
    simulation.step({"a": 0})
    spent = simulation.energy - before
    assert (spent.cycles, spent.internal) == (1, pytest.approx(0.75))


TOGGLE = circuit(
    {
        "flip_flop": ("DFF", {"D": "d", "CK": "clk", "Q": "q"}),
        "not": ("INV", {"A": "q", "Y": "d"}),
    },
    output="q",
)


@pytest.mark.parametrize("glitches", [True, False])
def test_a_flip_flop_takes_energy_from_its_clock_its_data_and_its_output(
    small: Liberty, glitches: bool
):
    simulation = simulate(TOGGLE, small, glitches=glitches)
    values = []
    for _ in range(4):
        simulation.step({})
        values.append(simulation.output("q"))
    assert values == [1, 0, 1, 0]
    pairs = (library.ENERGY_FJ["DFF"], library.ENERGY_FJ["INV"], library.DATA_FJ)
    assert simulation.energy.internal == pytest.approx(2 * sum(sum(pair) for pair in pairs))
    assert simulation.energy.load == pytest.approx(4 * 2 * PIN)  # q and d
    assert simulation.energy.clock == pytest.approx(4 * (sum(library.CLOCK_FJ) + 2 * PIN))


def pulse(delay: int, load: int) -> Netlist:
    """A XOR of an input and the same `delay` buffers later, its output on `load` more pins."""
    cells = {
        f"buffer{k}": ("BUF", {"A": f"n{k}" if k else "a", "Y": f"n{k + 1}"}) for k in range(delay)
    }
    cells["xor"] = ("XOR2", {"A": "a", "B": f"n{delay}", "Y": "y"})
    cells |= {f"sink{k}": ("INV", {"A": "y", "Y": f"z{k}"}) for k in range(load)}
    return circuit(cells, "a", output="y")


@pytest.mark.parametrize(
    ("delay", "load", "glitches", "transitions"),
    [
        (2, 0, True, 2),  # a pulse of 80 ps through a gate of 40 ps
        (1, 3, True, 0),  # one of 40 ps dies in a gate of 100 ps
        (2, 0, False, 0),
        (2, 3, False, 0),
    ],
)
def test_only_pulses_longer_than_a_gate_s_delay_pass_it(
    small: Liberty, delay: int, load: int, glitches: bool, transitions: int
):
    netlist = pulse(delay, load)
    simulation = simulate(netlist, small, glitches=glitches)
    simulation.step({"a": 1})
    assert simulation.toggles[netlist.outputs["y"][0]] == transitions
    assert simulation.output("y") == 0


@pytest.mark.parametrize(("held", "moves"), [("A", "B"), ("B", "A")])
def test_energy_is_that_of_the_input_that_caused_the_transition(
    small: Liberty, held: str, moves: str
):
    nand = circuit({"nand": ("NAND2", {"A": "A", "B": "B", "Y": "y"})}, "A", "B", output="y")
    simulation = simulate(nand, small)
    simulation.step({held: 1})
    assert simulation.energy.internal == 0
    simulation.step({moves: 1})
    assert simulation.output("y") == 0
    assert simulation.energy.internal == pytest.approx(library.NAND2_FJ[moves][1])


def test_inputs_that_change_at_once_count_once(small: Liberty):
    nand = circuit({"nand": ("NAND2", {"A": "A", "B": "B", "Y": "y"})}, "A", "B", output="y")
    simulation = simulate(nand, small)
    simulation.step({"A": 1, "B": 1})
    assert simulation.energy.internal == pytest.approx(library.NAND2_FJ["A"][1])


@pytest.mark.parametrize("glitches", [True, False])
def test_a_design_computes_what_its_functions_say(small: Liberty, grid: Synthesis, glitches: bool):
    simulation = simulate(grid.netlist, small, glitches=glitches)
    other = NetlistSimulator(grid.netlist, small, runs=1)
    draws = random.Random(1)
    outputs = list(grid.netlist.outputs)
    for cycle in range(40):
        inputs = {
            port: draws.randrange(1 << len(nets))
            for port, nets in grid.netlist.inputs.items()
            if port not in ("clk", "rst")
        } | {"rst": int(cycle < 2)}
        simulation.step(inputs)
        if cycle:
            other.tick()
        for port, value in inputs.items():
            other.set(port, [value])
        for port in outputs:
            assert simulation.output(port) == other.get(port)[0], (cycle, port)


def test_glitches_only_add(small: Liberty, grid: Synthesis):
    draws = random.Random(2)
    both = [simulate(grid.netlist, small, glitches=glitches) for glitches in (True, False)]
    for _ in range(30):
        inputs = {
            port: draws.randrange(1 << len(nets))
            for port, nets in grid.netlist.inputs.items()
            if port not in ("clk", "rst")
        }
        before = both[1].toggles
        for simulation in both:
            simulation.step(inputs)
        assert (both[1].toggles - before).max() <= 1
    timed, settled = (simulation.toggles for simulation in both)
    assert (timed >= settled).all()
    assert ((timed - settled) % 2 == 0).all()
    assert both[0].energy.clock == pytest.approx(both[1].energy.clock)
    assert both[0].energy.total > both[1].energy.total


def test_what_cannot_be_measured_is_refused(small: Liberty, write_library):
    with pytest.raises(SynthesisInputError, match="circuit has no clock 'clock' of one bit"):
        GateSimulation(CHAIN, small, period_ns=1.0, clock="clock")
    gated = circuit({"f": ("DFF", {"D": "a", "CK": "b", "Q": "q"})}, "a", "b", output="q")
    with pytest.raises(SynthesisToolError, match="flip-flop f is not clocked by clk"):
        simulate(gated, small)
    data = circuit({"one": ("INV", {"A": "clk", "Y": "y"})}, output="y")
    with pytest.raises(SynthesisToolError, match="one has the clock clk at an input for data"):
        simulate(data, small)
    open_input = circuit({"one": ("INV", {"Y": "y"})}, "a", output="y")
    with pytest.raises(SynthesisToolError, match="input A of one is not connected"):
        simulate(open_input, small)
    simulation = simulate(CHAIN, small)
    with pytest.raises(SynthesisInputError, match="no input 'a' that could be 2"):
        simulation.step({"a": 2})
    with pytest.raises(SynthesisInputError, match="has no output 'b'"):
        simulation.output("b")
    text = library.text().replace("nom_voltage : 2.0;", "")
    with pytest.raises(LibertyError, match="library small has no nom_voltage"):
        simulate(CHAIN, load(write_library(text)))


def test_a_cell_without_energies_is_refused_and_not_free(small: Liberty):
    cells = small.cells | {"INV": replace(small.cells["INV"], energies={})}
    with pytest.raises(LibertyError, match="gives no internal energy of cell INV; take another"):
        simulate(CHAIN, replace(small, cells=cells))


def test_a_table_that_cannot_be_read_matters_to_energies_alone(write_library):
    broken = library.text().replace('values ("0.5")', 'values ("0.5, 0.5")')
    liberty = load(write_library(broken))
    with pytest.raises(LibertyError, match=r"INV, pin Y: its internal energy cannot be read \(a "):
        simulate(CHAIN, liberty)


def test_two_outputs_that_move_together_are_both_charged(small: Liberty):
    pins = {"A": "a", "B": "b", "S": "s", "CO": "c"}
    adder = circuit({"half": ("ADDH", pins)}, "a", "b", output="s")
    simulation = simulate(adder, small)
    simulation.step({"a": 1})
    simulation.step({"b": 1})  # the sum falls, the carry rises
    rise, fall = library.ENERGY_FJ["ADDH"]
    assert simulation.energy.internal == pytest.approx(rise + fall + rise)
