from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hw.config import preset
from quant.integer_network import load
from sigmaquant import store
from sigmaquant.config import Configuration
from sigmaquant.energy_results import EnergyResult, NetworkEnergy, RoundedNetworks
from sigmaquant.pipeline import Pipeline
from sigmaquant.results import DesignArea
from sigmaquant.step import Step
from sigmaquant.steps import energy, engine, rounded
from sigmaquant.steps.synthesise import NETLIST, RECORD
from sigmaquant.store import Place
from sigmaquant.worker import StoreContext
from tests.synth import small_library

PRESET = "tiny"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    folder = tmp_path_factory.mktemp("energy")
    (folder / "small.lib").write_text(small_library.text())
    return Configuration(
        array=PRESET,
        baseline="tiny_int8_booth",
        liberty=folder / "small.lib",
        widths=(2,),
        build=folder / "build",
    )


@pytest.fixture(scope="module")
def pipeline(configuration: Configuration) -> Pipeline:
    return Pipeline.of(configuration)


@pytest.fixture(scope="module")
def places(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    """Folders of the steps that energy needs: the synthesis is run, the network a stored one."""
    synthesised = pipeline.array
    folder = tmp_path_factory.mktemp("synthesised")
    area = run(synthesised, {synthesised.name: Place(folder, {})})
    assert isinstance(area, DesignArea)
    assert {RECORD, NETLIST} <= {path.name for path in folder.iterdir()}
    assert len(area.netlist_sha256) == 64
    return {
        synthesised.name: Place(folder, {}),
        pipeline.allocations[0].name: Place(engine.DIGITS_FOLDER, {}),
    }


def run(step: Step, places: dict[str, Place]) -> Any:
    return step.compute(StoreContext(places, places[step.name].folder, lambda *_: None))


@pytest.fixture(scope="module")
def networks(
    configuration: Configuration, places: dict[str, Place], tmp_path_factory: pytest.TempPathFactory
) -> Step[RoundedNetworks]:
    step = rounded.step(configuration, (2,))
    places[step.name] = Place(tmp_path_factory.mktemp("rounded"), {})
    store.save(step, places[step.name], run(step, places), 0.0)
    return step


def test_rounded_networks_have_the_bits_they_are_called_by(
    networks: Step[RoundedNetworks], places: dict[str, Place]
):
    folder = places[networks.name].folder / rounded.folder_name(2)
    network = load(folder)
    known = store.load(networks, places[networks.name].folder)
    assert known is not None
    assert {layer.name for layer in network.mac_layers} >= set(known.layers)
    assert {layer.bits for layer in network.mac_layers} == {2}
    assert np.load(folder / rounded.IMAGE).shape == network.tensors[network.input].shape


def test_a_width_has_its_energy(
    configuration: Configuration,
    pipeline: Pipeline,
    networks: Step[RoundedNetworks],
    places: dict[str, Place],
    tmp_path: Path,
):
    step = energy.uniform_step(configuration, pipeline.array, networks)
    found = run(step, places | {step.name: Place(tmp_path, {})})
    assert isinstance(found, EnergyResult)
    assert found.preset == PRESET
    assert set(found.fj_per_mac) == {"2"}
    assert 0 < found.settled_fj_per_mac["2"] < found.fj_per_mac["2"]
    assert found.cycles_per_mac["2"] >= 1 / preset(PRESET).macs_per_cycle(2)
    assert found.voltage == small_library.VOLTAGE
    assert found.leakage_nw % small_library.LEAKAGE_NW == pytest.approx(0)


def test_some_layers_are_a_part_of_the_network(
    configuration: Configuration, pipeline: Pipeline, places: dict[str, Place], tmp_path: Path
):
    layers = ("classifier",)
    step = energy.network_step(configuration, pipeline.array, pipeline.allocations[0], layers)
    found = run(step, places | {step.name: Place(tmp_path, {})})
    assert isinstance(found, NetworkEnergy)
    assert [layer.name for layer in found.layers] == ["classifier"]
    assert found.clock_fj_per_cycle > 0
    assert step.key() != pipeline.network_energies[0].key()


def test_the_network_has_its_energy_layer_by_layer(
    pipeline: Pipeline, places: dict[str, Place], tmp_path: Path
):
    step = pipeline.network_energies[0]
    found = run(step, places | {step.name: Place(tmp_path, {})})
    assert isinstance(found, NetworkEnergy)
    total = sum(layer.fj_per_mac * layer.macs for layer in found.layers)
    assert found.energy_nj == pytest.approx(total / 1e6)
    assert len(found.layers) > 8


def test_every_energy_has_a_step_of_its_own(pipeline: Pipeline):
    steps = (*pipeline.energies, *pipeline.network_energies)
    assert [step.name for step in steps] == [
        "energy-tiny",
        "energy-tiny_int8_booth",
        "energy-tiny-seed1",
        "energy-tiny_int8_booth-seed1",
    ]
    assert len({step.key() for step in steps}) == 4
