from dataclasses import replace

import pytest

from compiler.plan import plan_layer
from hw.config import preset
from sigmaquant.config import Configuration
from sigmaquant.steps import simulate
from sim.cycle_model import layer_cycles
from sim.simulate import LayerResult
from tests.helpers.networks import random_network

RUN = LayerResult(
    name="stem",
    bits=3,
    positions=4,
    macs=100,
    utilization=0.5,
    cycles_model=20,
    cycles_simulated=20,
    stalled_cycles_model=31,
    stalled_cycles_simulated=31,
    bit_exact=True,
)


def test_images_of_a_layer_add_up():
    other = replace(RUN, stalled_cycles_model=33, stalled_cycles_simulated=33)
    layer = simulate.merged([RUN, other])
    assert (layer.positions, layer.macs) == (8, 200)
    assert (layer.cycles_model, layer.cycles_simulated) == (40, 40)
    assert (layer.stalled_cycles_model, layer.stalled_cycles_simulated) == (64, 64)
    assert layer.utilization == 0.5
    assert layer.bit_exact


def test_one_wrong_image_makes_the_layer_wrong():
    assert not simulate.merged([RUN, replace(RUN, bit_exact=False)]).bit_exact


@pytest.mark.parametrize(("images", "positions"), [(1, None), (3, 2)])
def test_the_baseline_runs_the_same_layers_and_positions(images: int, positions: int | None):
    network = random_network(5)
    configuration = Configuration(images=images, positions=positions)
    layers = simulate.baseline_layers(configuration, network)
    array = preset(configuration.baseline)
    assert [layer.cycles_model for layer in layers] == [
        images * layer_cycles(plan_layer(network, layer, array, positions))
        for layer in network.mac_layers
    ]
    assert [layer.name for layer in layers] == [layer.name for layer in network.mac_layers]


def test_what_the_simulation_depends_on():
    def key(**changes: object) -> str:
        return simulate.compile_step(Configuration.load(None, changes)).key()

    assert key() == key(positions=4, images=2, seeds="9", size_ratio=0.2)
    assert len({key(), key(array="tiny"), key(simulator="icarus")}) == 3
