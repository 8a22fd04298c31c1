"""The budgets of the configuration as the allocator's: one table of costs each, by layer and width.

Weight bytes, bit operations and energy follow from the layers' shapes, cycles from the exact cycle
model of the engine (`sim.cost_table`).
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from hw.config import engine_preset
from sigmaquant.config import Configuration
from sigmaquant.cost_table import EnergyTable
from sigmaquant.words import COUPLED

if TYPE_CHECKING:
    from quant.allocator.costs import Budget, CostTable
    from quant.data import Splits
    from quant.model import QuantizedModel
    from sim.cost_table import CycleTable

SOURCES = ("sigmaquant.costs", "sigmaquant.cost_table")
# What a budget in cycles depends on besides.
ENGINE_SOURCES = ("hw", "compiler", "sim")
ENGINE_DISTRIBUTIONS = ("amaranth",)
_FJ_PER_NJ = 1e6
# Shapes and widths decide the cycles: any activation ranges will do.
_CALIBRATION_IMAGES = 16


def describe(configuration: Configuration) -> dict[str, object]:
    """The budgets for the inputs of a step, each with what its table is made of.

    Raises ConfigurationError for a table of energies that is missing or of another array.
    """
    engine = asdict(engine_preset(configuration.array)) if configuration.cycles else None
    energy = _energies(configuration)
    return {
        "size_ratio": configuration.size_budget,
        "weight_bytes": configuration.weight_bytes,
        "bops": configuration.bops,
        "cycles": [configuration.cycles, engine],
        "energy": [configuration.energy_nj, energy and energy.model_dump(mode="json")],
    }


def budgets(
    configuration: Configuration, model: "QuantizedModel", data: "Splits"
) -> "list[Budget]":
    """The budgets besides the size ratio, which is the allocator's own.

    model: the float network, prepared; its bits and ranges may change. Raises SettingsError for a
    budget that no widths reach.
    """
    from quant.allocator.costs import Budget, bops, weight_bytes

    model.set_hidden_activation_bits(configuration.activation_bits)
    widths, macs = configuration.all_widths, model.mac_counts
    tables: list[tuple[CostTable, float]] = []
    if configuration.weight_bytes is not None:
        tables.append((weight_bytes(model.weight_counts, widths), configuration.weight_bytes))
    if configuration.bops is not None:
        tensors = model.activation_bits
        activations = {layer.name: tensors[layer.input] for layer in model.graph.mac_layers}
        tables.append((bops(macs, widths, activations), configuration.bops))
    if configuration.cycles is not None:
        tables.append((cycle_costs(configuration, model, data), configuration.cycles))
    if configuration.energy_nj is not None:
        tables.append((_energy_costs(configuration, macs), configuration.energy_nj))
    return [Budget(table, limit) for table, limit in tables]


def ties(configuration: Configuration, model: "QuantizedModel") -> tuple[tuple[str, ...], ...]:
    """The groups of layers that share their bits."""
    from quant.graph import coupled_layers

    return coupled_layers(model.graph) if configuration.tied == COUPLED else configuration.tied


def cycle_costs(
    configuration: Configuration, model: "QuantizedModel", data: "Splits"
) -> "CostTable":
    """Cycles of one image on the engine of the configuration, exact for every mix of widths."""
    from quant.allocator.costs import CostTable

    cycles = cycle_table_of(configuration, model, data)
    widths = configuration.all_widths
    by_layer = {
        layer: {width: cycles.by_layer[layer][width] for width in widths}
        for layer in model.weight_counts
    }
    return CostTable(f"cycles on {configuration.array}", "cycles", by_layer, cycles.constant)


def cycle_table_of(
    configuration: Configuration, model: "QuantizedModel", data: "Splits"
) -> "CycleTable":
    """The engine's cycles by layer and width, of the network exported at each uniform width."""
    from quant.calibrate import calibrate
    from quant.export import to_integer_network
    from quant.integer_network import MAX_BITS, MIN_BITS
    from sim.cost_table import cycle_table

    calibrate(model, data.train.images[:_CALIBRATION_IMAGES])
    networks = {}
    # Two widths at least, to tell layers that follow the width from those of a fixed one.
    for width in sorted({*configuration.all_widths, MIN_BITS, MAX_BITS}):
        model.set_bits(dict.fromkeys(model.weight_counts, width))
        networks[width] = to_integer_network(model, f"uniform-{width}bit")
    return cycle_table(networks, engine_preset(configuration.array))


def _energies(configuration: Configuration) -> EnergyTable | None:
    if configuration.energy_nj is None or configuration.cost_table is None:
        return None
    return EnergyTable.read(
        configuration.cost_table, array=configuration.array, widths=configuration.all_widths
    )


def _energy_costs(configuration: Configuration, macs: dict[str, int]) -> "CostTable":
    from quant.allocator.costs import CostTable

    energies = _energies(configuration)
    assert energies is not None  # the configuration has both or neither
    by_layer = {
        layer: {
            width: count * energies.fj_per_mac[width] / _FJ_PER_NJ
            for width in configuration.all_widths
        }
        for layer, count in macs.items()
    }
    return CostTable(f"energy of MACs on {configuration.array}", "nJ", by_layer)
