"""Energy of one array: at uniform widths, and of the allocated network, on its mapped netlist."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from sigmaquant import data_source, sources
from sigmaquant.config import Configuration
from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.results import AllocationResult, DesignArea
from sigmaquant.step import Context, Step
from sigmaquant.steps import synthesise
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


def uniform_step(configuration: Configuration, synthesised: Step[DesignArea]) -> Step[EnergyResult]:
    """The float network rounded to each width, calibrated and not trained: what a MAC takes.

    Widths are those of the tables, and for a cost table every candidate of the configuration.
    """
    widths = tuple(sorted({*WIDTHS, *configuration.all_widths}, reverse=True))
    return Step(
        name=f"energy-{synthesised.name.removeprefix('synth-')}",
        title=f"Energy of {synthesised.name.removeprefix('synth-')} by width",
        result=EnergyResult,
        compute=partial(_uniform, configuration, synthesised, widths),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "widths": widths,
        },
        needs=(synthesised,),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def network_step(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    allocated: Step[AllocationResult],
) -> Step[NetworkEnergy]:
    """The allocated network, layer by layer."""
    name = synthesised.name.removeprefix("synth-")
    return Step(
        name=f"energy-{name}-{allocated.name.removeprefix('allocate-')}",
        title=f"Energy of the network on {name}",
        result=NetworkEnergy,
        compute=partial(_network, configuration, synthesised, allocated),
        inputs={},
        needs=(synthesised, allocated),
        sources=SOURCES,
        distributions=DISTRIBUTIONS,
    )


def _uniform(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    widths: tuple[int, ...],
    context: Context,
) -> EnergyResult:
    # Torch takes seconds to import: only where the step really runs.
    import torch

    from quant.determinism import deterministic
    from quant.export import to_integer_network
    from quant.input_codes import input_codes
    from quant.model import prepare
    from quant.qat import calibrate_on

    data = data_source.load(configuration)
    qat = sources.training(configuration, data)
    meter, found = energy_meter(configuration, synthesised, context), {}
    with deterministic(qat.threads):
        model = prepare(
            sources.load_network(configuration), torch.from_numpy(data.train.images[:1])
        )
        model.set_hidden_activation_bits(configuration.activation_bits)
        for width in widths:
            model.set_bits(dict.fromkeys(model.bits, width))
            calibrate_on(model, data, qat)
            name = f"{sources.name_of(configuration)}-{width}bit"
            network = to_integer_network(model, name, {"data": data.name})
            image = input_codes(network, data.test.images[:1])[0]
            # Shortcuts that only subsample are layers of the exported network, of their own width.
            found[width] = meter.measure(
                network, image, layers=set(model.bits), progress=context.progress
            )
    first = found[widths[0]]
    return EnergyResult(
        preset=first.preset,
        voltage=first.voltage,
        leakage_nw=first.leakage_nw,
        fj_per_mac={str(width): record.fj_per_mac for width, record in found.items()},
        fj_per_mac_error={str(width): record.fj_per_mac_error for width, record in found.items()},
        settled_fj_per_mac={
            str(width): record.settled_fj_per_mac for width, record in found.items()
        },
        netlist_sha256=first.netlist_sha256,
        method=first.method,
        versions=first.versions,
    )


def _network(
    configuration: Configuration,
    synthesised: Step[DesignArea],
    allocated: Step[AllocationResult],
    context: Context,
) -> NetworkEnergy:
    from quant.input_codes import input_codes
    from quant.integer_network import load

    network = load(context.folder_of(allocated))
    data = data_source.load(configuration)
    image = input_codes(network, data.test.images[:1])[0]
    meter = energy_meter(configuration, synthesised, context)
    record = meter.measure(network, image, progress=context.progress)
    return NetworkEnergy.model_validate(
        {
            "preset": record.preset,
            "network": record.network,
            "energy_nj": record.energy_nj,
            "fj_per_mac": record.fj_per_mac,
            "fj_per_mac_error": record.fj_per_mac_error,
            "settled_fj_per_mac": record.settled_fj_per_mac,
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
