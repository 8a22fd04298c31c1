"""The fixed plan of the comparison of arrays: designs, stimulus, and what must be reached.

Nothing here depends on a result. Ratios are of `OURS` to the arrays that they name.
"""

from dataclasses import dataclass

OURS = "edge"
# The two ways to multiply in an INT8 dot-product unit: whichever is better is what counts.
BEST_INT8 = ("edge_int8_booth", "edge_int8")
PLAIN_INT8 = "edge_int8_pe"
BRICKS = "edge_bricks"
# 64 serial units, 8 MAC a cycle at 8 bits: as many as 384 would take 3072 of them.
SERIAL_ARRAY = "tiny_serial"
# What the paper compares: single multiply-accumulate units.
SERIAL_MAC, INT8_MACS = "mac_serial", ("mac_int8_booth", "mac_int8")
DIGITS = "digits"

LABELS = {
    OURS: "shift-add, two planes of pair sums",
    "edge_pair_sum": "shift-add, one plane of pair sums",
    "edge_booth_digit": "shift-add, Booth digits",
    "edge_bit_plane": "shift-add, bit-planes",
    "edge_int8_booth": "INT8 dot product, Booth",
    "edge_int8": "INT8 dot product, Baugh-Wooley",
    PLAIN_INT8: "INT8 processing elements",
    BRICKS: "bricks of 2 bits, as BitFusion",
    SERIAL_ARRAY: "serial units",
    SERIAL_MAC: "serial unit",
    "mac_int8_booth": "INT8 unit, Booth",
    "mac_int8": "INT8 unit, Baugh-Wooley",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run.

    arrays: with one peak at 8 bits, but the serial one. macs: single units. mix: share of the MACs
    by weight bits.
    layers: of ResNet-20, those whose energies are measured at uniform widths, one of each
    resolution. budgets: mean bits of the allocated ResNet-20s. slow: arrays of one lane, whose
    tiles have hundreds of steps: no whole networks are measured on them.
    curve: arrays that are mapped for other clocks too, whose periods are so many carries of the
    library's full adder long; the common one is `synth.flow.PERIOD_CARRIES`.
    key: arrays that are measured with the second library too, at `key_budget` alone; the other
    budgets are measured on ours and on the best INT8.
    limits: what ratios may be at most, by their names in `sigmaquant.synth_benchmark.ratios`, which
    for whole networks are followed by the network's name. network_limits: of these.
    """

    widths: tuple[int, ...]
    mix: dict[int, float]
    arrays: tuple[str, ...]
    macs: tuple[str, ...]
    layers: tuple[str, ...]
    budgets: tuple[float, ...]
    slow: tuple[str, ...]
    curve: tuple[str, ...]
    curve_carries: tuple[int, ...]
    key: tuple[str, ...]
    key_budget: float
    limits: dict[str, float]
    network_limits: dict[str, float]

    @property
    def allocated(self) -> dict[str, float]:
        """The allocated ResNet-20s: budget in mean bits by name."""
        return {f"resnet20 at {budget:g} bits": budget for budget in self.budgets}

    @property
    def key_networks(self) -> tuple[str, ...]:
        """Networks that are measured with the second library too."""
        return tuple(name for name, budget in self.allocated.items() if budget == self.key_budget)

    def arrays_of(self, network: str) -> tuple[str, ...]:
        """Arrays whose energy is measured on a whole network."""
        if network in self.key_networks or network == DIGITS:
            return tuple(name for name in self.arrays if self.measured(name))
        return (OURS, *BEST_INT8)

    def measured(self, name: str) -> bool:
        """Whether whole networks are measured on an array."""
        return name not in self.slow


PLAN = Plan(
    widths=(8, 6, 4, 2),
    mix={2: 0.20, 4: 0.40, 6: 0.25, 8: 0.15},
    arrays=(
        OURS,
        "edge_pair_sum",
        "edge_booth_digit",
        "edge_bit_plane",
        *BEST_INT8,
        PLAIN_INT8,
        BRICKS,
        SERIAL_ARRAY,
    ),
    macs=(SERIAL_MAC, *INT8_MACS),
    layers=("layer1.1.conv1", "layer2.0.conv1", "layer3.0.conv1"),
    budgets=(3.2, 2.5, 2.25),
    slow=(PLAIN_INT8, SERIAL_ARRAY, SERIAL_MAC, *INT8_MACS),
    curve=(OURS, *BEST_INT8),
    curve_carries=(20, 24, 28, 40),
    key=(OURS, *BEST_INT8, BRICKS),
    key_budget=2.5,
    limits={
        "area_mix_of_best_int8": 0.65,
        "energy_mix_of_best_int8": 0.65,
        "area_8bit_of_best_int8": 1.10,
        "energy_8bit_of_best_int8": 1.00,
        "area_mix_of_int8_pe": 0.30,
        "energy_mix_of_int8_pe": 0.32,
        "area_mix_of_bricks": 0.50,
        "energy_mix_of_bricks": 0.50,
    },
    network_limits={"area_time_of_best_int8": 0.65, "energy_of_best_int8": 0.65},
)
