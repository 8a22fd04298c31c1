"""Energy records: what a network's layers take on an array's netlist, with all that it rests on."""

import importlib.metadata
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import IntegerNetwork, MacLayer
from quant.progress import Progress
from sim import golden
from synth.energy.array_run import TileRun, reset, run_layer
from synth.energy.simulation import GateSimulation
from synth.errors import SynthesisInputError
from synth.liberty import Liberty
from synth.record import AreaRecord, MappedDesign

METHOD = (
    "Gate-level simulation of the mapped netlist on real layers of one image, tiles spread over "
    "each, every result equal to the golden model's; the library's delays, inertial; its internal "
    "energies by cause and state, C V^2 / 2 of pin loads, clock at the flip-flops. The array never "
    "waits for words or for its results to be taken. No wires, no clock tree, no memories. Leakage "
    "apart."
)
TOOLS = ("numba", "numpy")
# Steps that are simulated of each layer, before any that the array skips, or the whole layer.
WINDOW_CYCLES = 40


@dataclass(frozen=True, kw_only=True)
class LayerEnergy:
    """One layer of one image. fj_per_mac: with glitches, and parts of it; settled_fj_per_mac: every
    net changing once a cycle at most.

    macs: of the whole layer; window_macs, window_cycles, tiles: what was simulated of it.
    fj_per_mac_error: standard error of the mean over the tiles.
    """

    name: str
    bits: int
    macs: int
    tiles: int
    window_macs: int
    window_cycles: int
    fj_per_mac: float
    fj_per_mac_error: float
    internal_fj_per_mac: float
    load_fj_per_mac: float
    clock_fj_per_mac: float
    settled_fj_per_mac: float


@dataclass(frozen=True, kw_only=True)
class EnergyRecord:
    """A network on a mapped array at one supply voltage. The area record has design and library."""

    design: str
    preset: str
    network: str
    netlist_sha256: str
    liberty: dict[str, str | float]
    voltage: float
    period_ns: float
    leakage_nw: float
    layers: list[LayerEnergy]
    method: str
    versions: dict[str, str]

    @property
    def fj_per_mac(self) -> float:
        """Mean over the multiply-accumulates of all layers."""
        return self.energy_nj * 1e6 / self.macs

    @property
    def fj_per_mac_error(self) -> float:
        """Standard error of it over the tiles simulated; of one image, so of that image alone."""
        squares = sum((layer.fj_per_mac_error * layer.macs) ** 2 for layer in self.layers)
        return squares**0.5 / self.macs

    @property
    def settled_fj_per_mac(self) -> float:
        """The same without glitches."""
        return sum(layer.settled_fj_per_mac * layer.macs for layer in self.layers) / self.macs

    @property
    def cycles_per_mac(self) -> float:
        """Cycles of the array over useful multiply-accumulates: what it skips and what it lacks."""
        ratios = [(layer.window_cycles / layer.window_macs, layer.macs) for layer in self.layers]
        return sum(ratio * macs for ratio, macs in ratios) / self.macs

    @property
    def clock_fj_per_cycle(self) -> float:
        """What the clock takes of a cycle, mean over the cycles that were simulated."""
        spent = sum(layer.clock_fj_per_mac * layer.window_macs for layer in self.layers)
        return spent / sum(layer.window_cycles for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image."""
        return sum(layer.macs for layer in self.layers)

    @property
    def energy_nj(self) -> float:
        """Energy of one image in the array, leakage apart."""
        return sum(layer.fj_per_mac * layer.macs for layer in self.layers) / 1e6

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "EnergyRecord":
        """What `to_json` wrote."""
        fields: dict[str, Any] = dict(values)
        fields["layers"] = [LayerEnergy(**layer) for layer in values["layers"]]
        return cls(**fields)


class EnergyMeter:
    """Measures networks on one mapped array; its simulations are set up once.

    Raises as `GateSimulation` does.
    """

    def __init__(self, design: MappedDesign, liberty: Liberty) -> None:
        self.area: AreaRecord = design.record
        if not self.area.design.startswith("array-"):
            raise SynthesisInputError(
                f"energy is measured on arrays, not on the {self.area.design}"
            )
        self._liberty = liberty
        timed = GateSimulation(design.netlist(), liberty, period_ns=self.area.period_ns)
        self._simulations = (timed, timed.without_glitches())
        self._leakage_nw = timed.leakage_nw

    def measure(
        self,
        network: IntegerNetwork,
        image: NDArray[np.uint8],
        *,
        cycles: int = WINDOW_CYCLES,
        layers: Collection[str] | None = None,
        progress: Progress | None = None,
    ) -> EnergyRecord:
        """Energy of `network` for one image, uint8 codes of its input's shape.

        cycles: steps simulated of each layer, before any that the array skips. layers: names of
        those to measure, None for all with weights. Raises as `run_layer` does, and
        SynthesisInputError for a layer that there is not.
        """
        codes = golden.run(network, image[np.newaxis])
        for simulation in self._simulations:
            reset(simulation)
        if cycles < 1:
            raise SynthesisInputError(f"cycles of a layer must be at least 1, not {cycles}")
        wanted = _wanted(network, layers)
        found = []
        for number, layer in enumerate(wanted):
            found.append(self._layer(network, layer, codes[layer.input][0], cycles))
            if progress is not None:
                progress(f"energy of {network.name}", number + 1, len(wanted))
        return EnergyRecord(
            design=self.area.design,
            preset=self.area.preset,
            network=network.name,
            netlist_sha256=self.area.netlist_sha256,
            liberty=self.area.liberty,
            voltage=self._liberty.voltage or 0.0,
            period_ns=self.area.period_ns,
            leakage_nw=self._leakage_nw,
            layers=found,
            method=METHOD,
            versions=self.area.versions | {t: importlib.metadata.version(t) for t in TOOLS},
        )

    def _layer(
        self, network: IntegerNetwork, layer: MacLayer, codes: NDArray[np.uint8], cycles: int
    ) -> LayerEnergy:
        timed, settled = (
            run_layer(simulation, network, layer, codes, self.area.config, cycles=cycles)
            for simulation in self._simulations
        )
        macs = sum(tile.macs for tile in timed)
        return LayerEnergy(
            name=layer.name,
            bits=layer.bits,
            macs=network.macs(layer),
            tiles=len(timed),
            window_macs=macs,
            window_cycles=sum(tile.energy.cycles for tile in timed),
            fj_per_mac=_per_mac(timed),
            fj_per_mac_error=_error(timed),
            internal_fj_per_mac=sum(tile.energy.internal for tile in timed) / macs,
            load_fj_per_mac=sum(tile.energy.load for tile in timed) / macs,
            clock_fj_per_mac=sum(tile.energy.clock for tile in timed) / macs,
            settled_fj_per_mac=_per_mac(settled),
        )


def _wanted(network: IntegerNetwork, layers: Collection[str] | None) -> list[MacLayer]:
    """Layers of these names, or all; SynthesisInputError for a name that no layer has."""
    known = {layer.name: layer for layer in network.mac_layers}
    if layers is None:
        return list(known.values())
    if not layers:
        raise SynthesisInputError(
            f"no layer of {network.name} to measure: name one, or None for all"
        )
    missing = [name for name in layers if name not in known]
    if missing:
        raise SynthesisInputError(
            f"{network.name} has no layer {', '.join(missing)} to measure; it has "
            f"{', '.join(known)}"
        )
    return [layer for name, layer in known.items() if name in layers]


def _per_mac(tiles: Sequence[TileRun]) -> float:
    return sum(tile.energy.total for tile in tiles) / sum(tile.macs for tile in tiles)


def _error(tiles: Sequence[TileRun]) -> float:
    """Standard error of the ratio of energy to multiply-accumulates, tiles taken as independent.

    0 for a layer that is one tile: all of it was simulated.
    """
    if len(tiles) == 1:
        return 0.0
    ratio, count = _per_mac(tiles), len(tiles)
    residuals = [tile.energy.total - ratio * tile.macs for tile in tiles]
    variance = sum(residual**2 for residual in residuals) / (count - 1)
    return (variance / count) ** 0.5 / (sum(tile.macs for tile in tiles) / count)
