"""Records of energy: of one multiply-accumulate by weight width, and of a network's layers."""

from sigmaquant.record import Record


class RoundedNetworks(Record):
    """The float network at uniform widths: names of the layers that have them, and SHA-256 of each
    integer network by width."""

    layers: list[str]
    sha256: dict[str, str]


class EnergyResult(Record):
    """One array at uniform widths.

    fj_per_mac: by weight bits, glitches included; settled_fj_per_mac: without any.
    fj_per_mac_error: standard error over the tiles that were simulated, of the one image. Leakage
    is apart. cycles_per_mac: of the array in these layers, over useful ones. method says how, and
    what is left out.
    """

    preset: str
    voltage: float
    leakage_nw: float
    fj_per_mac: dict[str, float]
    fj_per_mac_error: dict[str, float]
    settled_fj_per_mac: dict[str, float]
    cycles_per_mac: dict[str, float]
    netlist_sha256: str
    method: str
    versions: dict[str, str]


class LayerEnergy(Record):
    """One layer of one image; tiles, window_macs and window_cycles are what was simulated of it."""

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


class NetworkEnergy(Record):
    """A network on one array: energy_nj of one image in the array alone, leakage apart.

    clock_fj_per_cycle: of a cycle in which nothing but the clock changes.
    """

    preset: str
    network: str
    energy_nj: float
    fj_per_mac: float
    fj_per_mac_error: float
    settled_fj_per_mac: float
    clock_fj_per_cycle: float
    leakage_nw: float
    layers: list[LayerEnergy]
    netlist_sha256: str
