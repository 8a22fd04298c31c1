import json
from pathlib import Path

import numpy as np
import pytest

from quant.integer_network import IntegerNetwork
from sim.networks.builder import NetworkBuilder
from synth.designs import Design
from synth.energy import array_run
from synth.energy.record import EnergyMeter, EnergyRecord, mix_fj_per_mac
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
    # 4 groups of 8 lanes at 2 beats, 2 channel tiles: 16 steps a position, so 3 positions.
    assert conv.window_macs == 3 * 6 * 27
    assert 48 <= conv.window_cycles < 48 + 16
    assert linear.macs == linear.window_macs == 36 * 6 * 5
    for layer in record.layers:
        parts = layer.internal_fj_per_mac + layer.load_fj_per_mac + layer.clock_fj_per_mac
        assert layer.fj_per_mac == pytest.approx(parts)
        assert layer.clock_fj_per_mac < layer.settled_fj_per_mac < layer.fj_per_mac


def test_totals_weigh_layers_by_their_macs(record: EnergyRecord):
    conv, linear = record.layers
    total = conv.fj_per_mac * conv.macs + linear.fj_per_mac * linear.macs
    assert record.energy_nj == pytest.approx(total / 1e6)
    assert record.fj_per_mac == pytest.approx(total / record.macs)
    assert record.leakage_nw > 0


def test_fewer_bits_take_less_energy_and_a_mix_lies_between(meter: EnergyMeter):
    wide, narrow = (meter.measure(network(bits), IMAGE, cycles=16) for bits in (8, 2))
    assert narrow.fj_per_mac < 0.5 * wide.fj_per_mac
    mixed = mix_fj_per_mac([(wide, 1), (narrow, 3)])
    assert mixed == pytest.approx(0.25 * wide.fj_per_mac + 0.75 * narrow.fj_per_mac)


def test_the_same_measurement_gives_the_same_figures(
    tiny: MappedDesign, small: Liberty, record: EnergyRecord
):
    assert EnergyMeter(tiny, small).measure(network(4), IMAGE, cycles=48) == record


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
        match=r"^layer conv: tile 6, 0 of the netlist top is not what the golden model computes$",
    ):
        meter.measure(network(4), IMAGE, cycles=48)


def test_only_arrays_are_measured(small: Liberty, tmp_path: Path):
    design = mapped_design(Design(block="requantizer", preset="tiny"), small, tmp_path)
    with pytest.raises(SynthesisInputError, match="not on the requantizer-tiny"):
        EnergyMeter(design, small)
