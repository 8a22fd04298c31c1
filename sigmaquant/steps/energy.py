"""Energy of one array: at uniform widths, and of the allocated network, on its mapped netlist."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sigmaquant import data_source, sources
from sigmaquant.config import Configuration
from sigmaquant.energy_results import EnergyResult, NetworkEnergy, RoundedNetworks
from sigmaquant.results import DesignArea
from sigmaquant.step import Context, Step
from sigmaquant.steps import rounded, synthesise
from sigmaquant.steps.uniform import WIDTHS

if TYPE_CHECKING:
    from synth.energy.record import EnergyMeter

SOURCES = (
    *synthesise.SOURCES,
    *sources.SOURCES,
    "compiler",
    "sim.golden",
    "sim.testbench.stimulus",
    __name__,
)
DISTRIBUTIONS = (*synthesise.DISTRIBUTIONS, *sources.DISTRIBUTIONS, "numba")


def widths(configuration: Configuration) -> tuple[int, ...]:
    """Those of the tables, and for a cost table every candidate of the configuration."""
    return tuple(sorted({*WIDTHS, *configuration.all_widths}, reverse=True))


def uniform_step(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    networks: Step[RoundedNetworks],
    layers: tuple[str, ...] | None = None,
) -> Step[EnergyResult]:
    """What a multiply-accumulate takes at each width of `networks`, in these `layers` or in all."""
    name = synthesised.name.removeprefix("synth-")
    return Step(
        name=f"energy-{name}",
        title=f"Energy of {name} by width",
        result=EnergyResult,
        compute=partial(_uniform, configuration, synthesised, networks, layers),
        inputs={"layers": layers},
        needs=(synthesised, networks),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def network_step(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    allocated: Step[Any],
    layers: tuple[str, ...] | None = None,
) -> Step[NetworkEnergy]:
    """The integer network in the folder of `allocated`, layer by layer.

    configuration: its data has the image, its library is the one of `synthesised`.
    """
    name = synthesised.name.removeprefix("synth-")
    network = allocated.name.removeprefix("allocate-")
    return Step(
        name=f"energy-{name}-{network}",
        title=f"Energy of {network} on {name}",
        result=NetworkEnergy,
        compute=partial(_network, configuration, synthesised, allocated, layers),
        inputs={"layers": layers},
        needs=(synthesised, allocated),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _uniform(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    networks: Step[RoundedNetworks],
    layers: tuple[str, ...] | None,
    context: Context,
) -> EnergyResult:
    from quant.integer_network import load

    known, meter = context.result(networks), energy_meter(configuration, synthesised, context)
    found = {}
    for width in known.sha256:
        folder = context.folder_of(networks) / rounded.folder_name(int(width))
        # Shortcuts that only subsample are layers of the exported network, of their own width.
        found[width] = meter.measure(
            load(folder),
            np.load(folder / rounded.IMAGE),
            layers=layers or known.layers,
            progress=context.progress,
        )
    first = next(iter(found.values()))
    return EnergyResult(
        preset=first.preset,
        voltage=first.voltage,
        leakage_nw=first.leakage_nw,
        fj_per_mac={width: record.fj_per_mac for width, record in found.items()},
        fj_per_mac_error={width: record.fj_per_mac_error for width, record in found.items()},
        settled_fj_per_mac={width: record.settled_fj_per_mac for width, record in found.items()},
        cycles_per_mac={width: record.cycles_per_mac for width, record in found.items()},
        netlist_sha256=first.netlist_sha256,
        method=first.method,
        versions=first.versions,
    )


def _network(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    allocated: Step[Any],
    layers: tuple[str, ...] | None,
    context: Context,
) -> NetworkEnergy:
    from quant.input_codes import input_codes
    from quant.integer_network import load

    network = load(context.folder_of(allocated))
    data = data_source.load(configuration)
    image = input_codes(network, data.test.images[:1])[0]
    meter = energy_meter(configuration, synthesised, context)
    record = meter.measure(
        network,
        image,
        layers=layers,
        progress=context.progress,
    )
    return NetworkEnergy.model_validate(
        {
            "preset": record.preset,
            "network": record.network,
            "energy_nj": record.energy_nj,
            "fj_per_mac": record.fj_per_mac,
            "fj_per_mac_error": record.fj_per_mac_error,
            "settled_fj_per_mac": record.settled_fj_per_mac,
            "clock_fj_per_cycle": record.clock_fj_per_cycle,
            "leakage_nw": record.leakage_nw,
            "layers": record.to_json()["layers"],
            "netlist_sha256": record.netlist_sha256,
        }
    )


def energy_meter(
    configuration: Configuration, synthesised: Step[Any], context: Context
) -> "EnergyMeter":
    """Measures on the netlist that `synthesised` left in its folder, beside the room's record."""
    from synth.energy.record import EnergyMeter
    from synth.liberty import load
    from synth.library_source import locate
    from synth.record import AreaRecord, MappedDesign

    folder = context.folder_of(synthesised)
    record = AreaRecord.from_json(json.loads((folder / synthesise.RECORD).read_text()))
    path = locate(configuration.liberty, synthesise.cache(configuration), context.progress)
    design = MappedDesign(record=record, file=folder / synthesise.NETLIST)
    return EnergyMeter(design, load(path))
