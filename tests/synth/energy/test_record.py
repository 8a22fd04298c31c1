import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from compiler.plan import plan_layer
from hw.config import preset
from quant.integer_network import IntegerNetwork
from sim.networks.builder import NetworkBuilder
from synth.designs import Design
from synth.energy import array_run
from synth.energy.array_run import spread
from synth.energy.record import EnergyMeter, EnergyRecord
from synth.errors import SynthesisInputError, SynthesisToolError
from synth.liberty import Liberty
from synth.record import MappedDesign, mapped_design


@pytest.fixture(scope="module")
def tiny(small: Liberty, synthesis_build: Path) -> MappedDesign:
    return mapped_design(Design(block="array", preset="tiny"), small, synthesis_build)


@pytest.fixture(scope="module")
def meter(tiny: MappedDesign, small: Liberty) -> EnergyMeter:
    return EnergyMeter(tiny, small)


def network(bits: int) -> IntegerNetwork:
    builder = NetworkBuilder(np.random.default_rng(1), (3, 6, 6), images=2)
    builder.conv("conv", "image", 6, 3, bits, relu=True)
    builder.linear("linear", "conv", 5, bits)
    return builder.network("small", "test")


IMAGE = np.random.default_rng(2).integers(0, 256, size=(3, 6, 6), dtype=np.uint8)


@pytest.fixture(scope="module")
def record(meter: EnergyMeter) -> EnergyRecord:
    return meter.measure(network(4), IMAGE, cycles=48)


def test_every_layer_is_measured_on_tiles_that_the_golden_model_confirms(record: EnergyRecord):
    conv, linear = record.layers
    assert (conv.name, conv.bits, conv.macs) == ("conv", 4, 36 * 6 * 27)
    # 4 groups of 8 lanes at 2 beats are 8 steps a tile; 4 channels a tile, the second has 2.
    assert conv.tiles == 6
    assert conv.window_cycles == 6 * 8
    assert 6 * 2 * 27 < conv.window_macs < 6 * 4 * 27
    assert linear.tiles == 2
    assert linear.macs == linear.window_macs == 36 * 6 * 5
    for layer in record.layers:
        parts = layer.internal_fj_per_mac + layer.load_fj_per_mac + layer.clock_fj_per_mac
        assert layer.fj_per_mac == pytest.approx(parts)
        assert layer.clock_fj_per_mac < layer.settled_fj_per_mac < layer.fj_per_mac
        assert 0 < layer.fj_per_mac_error < 0.5 * layer.fj_per_mac


def test_totals_weigh_layers_by_their_macs(record: EnergyRecord):
    conv, linear = record.layers
    total = conv.fj_per_mac * conv.macs + linear.fj_per_mac * linear.macs
    assert record.energy_nj == pytest.approx(total / 1e6)
    assert record.fj_per_mac == pytest.approx(total / record.macs)
    errors = [(layer.fj_per_mac_error * layer.macs) ** 2 for layer in record.layers]
    assert record.fj_per_mac_error == pytest.approx(sum(errors) ** 0.5 / record.macs)
    assert record.leakage_nw > 0


def test_fewer_bits_take_less_energy(meter: EnergyMeter):
    wide, narrow = (meter.measure(network(bits), IMAGE, cycles=16) for bits in (8, 2))
    assert narrow.fj_per_mac < 0.5 * wide.fj_per_mac


def test_what_was_measured_before_makes_no_difference(meter: EnergyMeter, record: EnergyRecord):
    meter.measure(network(3), IMAGE, cycles=16)
    again = meter.measure(network(4), IMAGE, cycles=48)
    for layer, other in zip(again.layers, record.layers, strict=True):
        # Sums go on from what was there, so that the last digits round in another way.
        assert layer.name == other.name
        figures, others = (asdict(each) | {"name": 0} for each in (layer, other))
        assert figures == pytest.approx(others, rel=1e-9)


def test_an_array_that_skips_zero_bits_takes_a_step_for_every_set_one(
    small: Liberty, synthesis_build: Path
):
    design = mapped_design(Design(block="array", preset="mac_serial"), small, synthesis_build)
    found = EnergyMeter(design, small).measure(network(4), IMAGE, cycles=1, layers={"linear"})
    (layer,) = found.layers
    weights = network(4).mac_layers[1].weight
    steps = [sum(_steps(int(weight)) for weight in channel) for channel in weights]
    # A channel is a tile; the first of them fills the pipeline, which is then full throughout.
    assert (layer.tiles, layer.window_macs) == (4, 4 * weights.shape[1])
    assert layer.window_cycles in {sum(steps) - each for each in steps}


def _steps(weight: int) -> int:
    """Set bits of a weight of 4 bits; one without any takes a step that adds nothing."""
    return (weight & 0xF).bit_count() or 1


def test_some_layers_alone(meter: EnergyMeter):
    found = meter.measure(network(4), IMAGE, cycles=8, layers={"linear"})
    assert [layer.name for layer in found.layers] == ["linear"]


def test_a_layer_that_there_is_not(meter: EnergyMeter):
    message = "^small has no layer fc to measure; it has conv, linear$"
    with pytest.raises(SynthesisInputError, match=message):
        meter.measure(network(4), IMAGE, layers={"fc"})


def test_no_layer_is_no_measurement(meter: EnergyMeter):
    with pytest.raises(SynthesisInputError, match=r"^no layer of small to measure: name one, or"):
        meter.measure(network(4), IMAGE, layers=())


def test_a_window_without_cycles_is_refused(meter: EnergyMeter):
    with pytest.raises(SynthesisInputError, match=r"^cycles of a layer must be at least 1, not 0$"):
        meter.measure(network(4), IMAGE, cycles=0)


def test_cycles_and_clock_of_a_record(record: EnergyRecord):
    layers = record.layers
    cycles = sum(layer.window_cycles / layer.window_macs * layer.macs for layer in layers)
    assert record.cycles_per_mac == pytest.approx(cycles / record.macs)
    clocks = [layer.clock_fj_per_mac * layer.window_macs for layer in layers]
    # The clock reaches the same flip-flops in every cycle, whatever they do.
    for layer, clock in zip(layers, clocks, strict=True):
        assert clock / layer.window_cycles == pytest.approx(record.clock_fj_per_cycle, rel=0.2)


@pytest.mark.parametrize("cycles", [1, 100, 10**6])
def test_tiles_are_spread_and_none_comes_twice(cycles: int):
    layer = network(4).mac_layers[0]
    plan = plan_layer(network(4), layer, preset("tiny"))
    places = spread(plan, cycles)
    assert len(set(places)) == len(places)
    # The second channel tile has 2 of 4 columns: both of a position, or none.
    wanted = max(4, -(-cycles // plan.steps_per_tile))
    assert len(places) == min(plan.tile_count, wanted + wanted % plan.channel_tiles)
    assert Counter(channel for _, channel in places) == dict.fromkeys((0, 1), len(places) // 2)
    if len(places) >= 12:
        thirds = Counter(position * 3 // plan.position_tiles for position in {p for p, _ in places})
        assert max(thirds.values()) - min(thirds.values()) <= 1


def test_full_channel_tiles_are_taken_as_they_come():
    layer = network(4).mac_layers[0]
    plan = plan_layer(network(4), layer, replace(preset("tiny"), columns=2))
    places = spread(plan, 1)
    assert len(places) == 4
    assert len({position for position, _ in places}) == 4


def test_a_record_survives_json(record: EnergyRecord):
    assert EnergyRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_a_netlist_that_computes_something_else_is_refused(
    meter: EnergyMeter, monkeypatch: pytest.MonkeyPatch
):
    true = array_run._expected

    def wrong(*arguments: object) -> object:
        return true(*arguments) + 1  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(array_run, "_expected", wrong)
    with pytest.raises(
        SynthesisToolError,
        match=r"^layer conv: tile \d+, \d of the netlist top is not what the golden model comp",
    ):
        meter.measure(network(4), IMAGE, cycles=48)


def test_only_arrays_are_measured(small: Liberty, tmp_path: Path):
    design = mapped_design(Design(block="requantizer", preset="tiny"), small, tmp_path)
    with pytest.raises(SynthesisInputError, match="not on the requantizer-tiny"):
        EnergyMeter(design, small)
