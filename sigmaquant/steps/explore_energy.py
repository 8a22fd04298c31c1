"""Energy of one image on the netlist of one array of an exploration."""

from functools import partial
from pathlib import Path

from quant.integer_network.store import MANIFEST_FILE
from sigmaquant import data_source, provenance
from sigmaquant.explore_config import ExploreConfiguration
from sigmaquant.explore_results import ArrayEnergy
from sigmaquant.results import DesignArea
from sigmaquant.step import Context, Step
from sigmaquant.steps import energy

SOURCES = (
    "hw",
    "synth",
    "compiler",
    "sim.golden",
    "sim.testbench.stimulus",
    "quant.data",
    "quant.input_codes",
    "quant.integer_network",
    "sigmaquant.data_source",
    "sigmaquant.steps.energy",
    __name__,
)


def step(
    asked: ExploreConfiguration, label: str, synthesised: Step[DesignArea], folder: Path
) -> Step[ArrayEnergy]:
    """Energy of the network in `folder` for the first test image, a few tiles of each layer."""
    return Step(
        name=f"explore-energy-{label}",
        title=f"Energy of one image on {label}",
        result=ArrayEnergy,
        compute=partial(_compute, asked, synthesised, folder),
        inputs={
            "network": provenance.file_sha256(folder / MANIFEST_FILE),
            "data": data_source.describe(asked),
            "cycles": asked.energy_cycles,
        },
        needs=(synthesised,),
        sources=SOURCES,
        distributions=energy.DISTRIBUTIONS,
    )


def _compute(
    asked: ExploreConfiguration, synthesised: Step[DesignArea], folder: Path, context: Context
) -> ArrayEnergy:
    from quant.input_codes import input_codes
    from quant.integer_network import load

    network = load(folder)
    image = input_codes(network, data_source.load(asked).test.images[:1])[0]
    record = energy.energy_meter(asked, synthesised, context).measure(
        network, image, cycles=asked.energy_cycles, progress=context.progress
    )
    return ArrayEnergy(
        energy_nj=record.energy_nj,
        error_nj=record.fj_per_mac_error * record.macs / 1e6,
        settled_nj=record.settled_fj_per_mac * record.macs / 1e6,
        leakage_nw=record.leakage_nw,
        voltage=record.voltage,
        window_cycles=sum(layer.window_cycles for layer in record.layers),
        method=record.method,
        netlist_sha256=record.netlist_sha256,
    )
